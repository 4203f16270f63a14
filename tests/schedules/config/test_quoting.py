"""Names and values of any kind, written for a shell, cron and systemd: they arrive as they were, or are refused."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from shutil import which

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schedules.config.env_file import (
    HEADER,
    BadEnvironmentFile,
    EnvironmentFile,
    Unquotable,
    carried_environment,
    ensure_plain,
    read_environment,
    text_of,
    write_environment,
)
from schedules.deploy.crontab import block, words_of
from schedules.deploy.systemd import units
from tests.conftest import QQNEWS, clean_environment
from tests.schedules.conftest import Machine
from tests.schedules.deploy.test_crontab import FAKE
from tests.schedules.deploy.test_systemd import analyze

JOBS = '[a]\ncommand = "stats"\nevery = "1h"\n'
HOSTILE = [
    "a b",
    "100% %n %%",
    "$HOME ${PATH} $(id) `id` $$",
    "it's \"quoted\" \\ and \\\\ again\\",
    ";id;|&><*?[a-z]!#~(){}=",
    "新闻 — \u2028 \u00a0",
    "-n --help",
    '"', "'", "\\", "%", "$", "`",
]  # fmt: skip
CONTROL = ["a\nb", "a\n* * * * * touch pwned", "a\r", "a\tb", "\x1b[2J", "a\x00b"[:1] + "\x7f", "a\x85b", "a\x0bb"]
PLAIN = st.text(st.characters(exclude_categories=["Cc", "Cs"], max_codepoint=0xFFFF), min_size=1, max_size=20)


@given(st.lists(PLAIN, min_size=1, max_size=4))
@example(HOSTILE)
def test_words_reach_the_program_through_cron_and_the_shell(words: list[str]) -> None:
    line = block(Path("/srv/news"), ["printf", r"%s\n", *words], []).split("\n")[-3]
    assert words_of(f"{line}\n") == ["printf", r"%s\n", *words]
    fields, command = line[:10], line[10:]
    assert fields == "* * * * * "
    # Cron ends the command at a % that has no backslash before it, and takes the backslash away from the others.
    assert re.search(r"(?<!\\)%", command) is None
    handed = command.replace("\\%", "%")
    said = subprocess.run(["/bin/sh", "-c", handed], capture_output=True, check=True).stdout.decode()
    assert said == "".join(f"{word}\n" for word in words)


@pytest.mark.skipif(which("crontab") is None, reason="cron is not installed")
@pytest.mark.parametrize("word", HOSTILE)
def test_debians_cron_takes_the_line(tmp_path: Path, word: str) -> None:
    (tmp_path / "crontab").write_text(block(Path("/srv", word), ["/bin/echo", word], []), encoding="utf-8")
    ended = subprocess.run(["crontab", "-n", str(tmp_path / "crontab")], capture_output=True, text=True, check=False)
    assert (ended.returncode, "errors" in ended.stderr) == (0, False), ended.stderr


@given(st.dictionaries(st.from_regex(r"[A-Z_][A-Z0-9_]{0,9}", fullmatch=True), PLAIN, max_size=5))
@example({f"V{number}": value for number, value in enumerate(HOSTILE)})
def test_variables_come_out_of_the_file_as_they_went_in(
    tmp_path_factory: pytest.TempPathFactory, variables: dict[str, str]
) -> None:
    path = tmp_path_factory.mktemp("env") / "variables"
    write_environment(path, variables, "--env")
    assert read_environment(path) == variables
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_text("utf-8").count("\n") == len(variables) + 1


GENERATOR = Path("/usr/lib/systemd/user-environment-generators/30-systemd-environment-d-generator")


@pytest.mark.skipif(not GENERATOR.exists(), reason="systemd's reader of such files is not installed")
@pytest.mark.parametrize("value", [value for value in HOSTILE if "$" not in value])
def test_systemd_reads_the_file_as_we_do(tmp_path: Path, value: str) -> None:
    """Its own reader of such files, which fills in ``$NAME`` on top, so that values with a ``$`` are not for it."""
    (tmp_path / "environment.d").mkdir()
    (tmp_path / "environment.d/a.conf").write_text(text_of({"BEFORE": "1", "VALUE": value, "AFTER": "2"}), "utf-8")
    said = subprocess.run([str(GENERATOR)], env={"XDG_CONFIG_HOME": str(tmp_path)}, capture_output=True, check=True)
    # It quotes for a shell what it has read.
    script = said.stdout.decode() + '\nprintf "%s|" "$BEFORE" "$VALUE" "$AFTER"'
    assert (
        subprocess.run(["/bin/bash", "-c", script], capture_output=True, check=True).stdout.decode() == f"1|{value}|2|"
    )


def unquoted(line: str) -> str:
    """What systemd makes of a word in a command line, by its manual: quotes, C's escapes, ``$$`` and ``%%``."""
    found = re.fullmatch(r'"((?:[^"\\]|\\.)*)"|([^\s"\'\\]+)', line)
    assert found, line
    word = re.sub(r"\\(.)", r"\1", found[1]) if found[1] is not None else found[2]
    assert "$" not in word.replace("$$", "")
    assert "%" not in word.replace("%%", "")
    return word.replace("$$", "$").replace("%%", "%")


@pytest.mark.skipif(which("systemd-analyze") is None, reason="systemd is not installed")
@pytest.mark.parametrize("word", [word for word in HOSTILE if not set("'\"\\") & set(word)])
def test_systemd_takes_the_units(tmp_path: Path, word: str) -> None:
    place = tmp_path / word.replace("/", "")
    place.mkdir()
    program = place / "qqnews"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    data = place / "50% \"a'b$x\\"
    made = units([str(program)], place / "jobs.toml", data, place / "qqnews.env", user=True)
    for name, text in made.items():
        (place / name).write_text(text, encoding="utf-8")
    ended = analyze("verify", "--user", *(str(place / name) for name in made))
    assert (ended.returncode, ended.stderr) == (0, "")
    (command,) = re.findall(r"^ExecStart=(.*)$", made["qqnews.service"], re.M)
    started, *words = re.findall(r'"(?:[^"\\]|\\.)*"|\S+', command)
    assert started.strip('"').replace("%%", "%") == str(program)  # No variable is filled in there.
    assert [unquoted(each) for each in words] == [
        *("--data", str(data), "schedule", "run", "--jobs", str(place / "jobs.toml"))
    ]


@pytest.mark.parametrize("mark", ['"', "'", "\\"])
def test_a_program_that_systemd_would_not_start_is_refused(mark: str) -> None:
    with pytest.raises(Unquotable, match="holds a quotation mark or a backslash"):
        units([f"/opt/{mark}/qqnews"], None, Path("/srv"), Path("/etc/v"), user=True)


GLOB = """
import ctypes, sys
found = (ctypes.c_size_t * 20)()
ctypes.CDLL(None).glob(sys.argv[1].encode(), 0, None, found)
paths = ctypes.cast(found[1], ctypes.POINTER(ctypes.c_char_p))
print("".join(f"{paths[number].decode()}\\0" for number in range(found[0])), end="")
"""


@pytest.mark.parametrize("name", ["a[b]", "a*", "a?", "a\\b", "a{b,c}"])
def test_the_file_of_variables_is_no_pattern_that_finds_another(tmp_path: Path, name: str) -> None:
    """systemd looks for it with glob(3), in which a backslash takes a letter's meaning away."""
    for other in (name, "ab", "ac", "b"):
        (tmp_path / other).mkdir()
        (tmp_path / other / "qqnews.env").touch()
    made = units(["/bin/true"], None, Path("/srv"), tmp_path / name / "qqnews.env", user=True)
    (pattern,) = re.findall(r"^EnvironmentFile=-(.*)$", made["qqnews.service"], re.M)
    words = [str(QQNEWS.parent / "python"), "-c", GLOB, pattern.replace("%%", "%")]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    assert said == f"{tmp_path / name / 'qqnews.env'}\0"


@pytest.fixture
def own_cron(machine: Machine, tmp_path: Path) -> Path:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/crontab").write_text(FAKE)
    (tmp_path / "bin/crontab").chmod(0o755)
    machine.jobs.write_text(JOBS)
    machine.environment["PATH"] = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    return tmp_path / "bin/stored"


@pytest.mark.parametrize("text", CONTROL)
def test_control_characters_are_refused_everywhere(text: str) -> None:
    with pytest.raises(Unquotable, match="line break or another control character"):
        ensure_plain("x", text)
    with pytest.raises(Unquotable, match="the variable http_proxy holds"):
        carried_environment(environment={"http_proxy": text})
    for place in ("program", "data", "variables"):
        paths = {"program": "/bin/true", "data": "/srv", "variables": "/etc/v"} | {place: f"/x/{text}"}
        with pytest.raises(Unquotable):
            units([paths["program"]], None, Path(paths["data"]), Path(paths["variables"]), user=True)
        if place != "variables":
            with pytest.raises(Unquotable):
                block(Path(paths["data"]), [paths["program"]], [])


PLACES = [
    (action, where)
    for action in ("cron install", "cron print", "systemd --user")
    for where in ("data", "jobs", "env", "value", "name")
] + [("systemd --user", "to")]


@pytest.mark.parametrize(("action", "where"), PLACES)
def test_a_line_break_is_refused_before_anything_is_written(
    machine: Machine, own_cron: Path, tmp_path: Path, action: str, where: str
) -> None:
    evil = "x\nExecStartPre=/bin/touch pwned\n* * * * * touch pwned\n"
    options = {"--jobs": str(machine.jobs), "--data": str(tmp_path / "new")}
    if where in ("jobs", "data"):
        options[f"--{where}"] = str(tmp_path / evil / "y")
    if where == "jobs":
        Path(options["--jobs"]).parent.mkdir(parents=True)
        Path(options["--jobs"]).write_text(JOBS)
    if where == "env":
        options["--env"] = str(tmp_path / evil)
    if action.startswith("systemd"):
        options["--to"] = str(tmp_path / (evil if where == "to" else "units"))
    variables = {"https_proxy": "http://proxy:1"}
    if where == "value":
        variables["https_proxy"] = f"http://geheim12@proxy\n{evil}"
    if where == "name":
        variables["QQNEWS_X;touch pwned;"] = "1"
    before = set(tmp_path.rglob("*"))
    words = [str(QQNEWS), "schedule", *action.split(), *(word for option in options.items() for word in option)]
    environment = clean_environment(**machine.environment, **variables)
    ended = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 20, ended.stderr
    assert (ended.stdout, ended.stderr.count("\n")) == ("", 1)
    assert "neither cron nor systemd can be given that" in ended.stderr
    assert "geheim12" not in ended.stderr
    assert set(tmp_path.rglob("*")) == before


def test_an_archive_of_any_other_name_gets_its_line_and_loses_it(
    machine: Machine, own_cron: Path, tmp_path: Path
) -> None:
    others = "0 5 * * * mine\r\n# a\x0cpage\n"
    own_cron.write_bytes(others.encode() + b"# caf\xe9\n")
    before = own_cron.read_bytes()
    for name in ("".join(HOSTILE).replace("/", ""), os.fsdecode(b"d\xff"), "-n --help"):
        machine.data = tmp_path / name
        ended = machine.call("cron", "install")
        assert ended.returncode == 0, ended.stderr
        words = words_of(os.fsdecode(own_cron.read_bytes().removeprefix(before)))
        assert words[words.index("--data") + 1] == str(machine.data)
        assert machine.call("cron", "install").stdout == "unchanged\n"
        assert machine.call("cron", "remove").stdout == "removed\n"
        assert own_cron.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "refused"), [("QQNEWS_A B", True), ("QQNEWS_$(id)", True), ("QQNEWS_É", True), ("BASH_FUNC_x%%", False)]
)
def test_names_that_are_none_are_refused_where_they_would_be_carried(name: str, *, refused: bool) -> None:
    environment = {name: "x", "http_proxy": "http://proxy:1"}
    if refused:
        with pytest.raises(Unquotable, match="is no name of a variable"):
            carried_environment(environment=environment)
    else:
        assert carried_environment(environment=environment) == {"http_proxy": "http://proxy:1"}


def test_what_is_carried_and_what_is_not() -> None:
    own = {f"QQNEWS_{name}": "1" for name in ("CONTACT", "DISK_FLOOR", "LOG_DAYS", "PROXY", "DEEPEST")}
    not_ours = {
        f"QQNEWS_{name}": "1" for name in ("DATA", "JOBS", "ARCHIVE", "PASSWORD", "JOB", "RUN", "LOCK", "FLOOR")
    }
    assert carried_environment(environment={**own, **not_ours, "HOME": "/", "QQNEWS_EMPTY": ""}) == own


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('A="1"\n\n# B=2\n; C=3\nexport D=4\n', {"A": "1", "D": "4"}),
        ("A='it is $HOME'\nB=plain words  \n", {"A": "it is $HOME", "B": "plain words"}),
        ('A="a\\"b\\\\c\\$d\\`e\\n"', {"A": 'a"b\\c$d`e\\n'}),
        ('A=\nB="\n', {"A": "", "B": '"'}),
    ],
)
def test_a_file_that_somebody_wrote_by_hand(tmp_path: Path, text: str, expected: dict[str, str]) -> None:
    (tmp_path / "variables").write_text(text)
    assert read_environment(tmp_path / "variables") == expected


@pytest.mark.parametrize("content", [b"password geheim12\n", b"A=1\ngeheim12\n", b"geheim12 x=1\n", b"A=\xff\n"])
def test_a_file_that_is_none_is_refused_and_not_quoted(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "variables").write_bytes(content)
    with pytest.raises(BadEnvironmentFile) as caught:
        read_environment(tmp_path / "variables")
    assert "geheim12" not in str(caught.value)


def test_a_file_of_somebody_s_own_is_used_and_left_alone(machine: Machine, own_cron: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.env"
    own.write_text("HTTPS_PROXY=http://own:1\n")
    machine.environment["HTTP_PROXY"] = "http://shell:1"
    ended = machine.call("cron", "install", "--env", str(own))
    assert f"{own} is yours and was left alone; it lacks HTTP_PROXY" in ended.stderr
    assert own.read_text() == "HTTPS_PROXY=http://own:1\n"
    assert f" --env {own} " in own_cron.read_text()
    machine.call("cron", "remove", "--env", str(own))
    assert own.exists()


def test_a_file_that_others_could_read_is_made_anew(machine: Machine, own_cron: Path, tmp_path: Path) -> None:
    """It is never there with a secret and open rights, and what is linked there is not written to."""
    target = tmp_path / "elsewhere"
    target.write_text(f"{HEADER}\n")
    target.chmod(0o644)
    (tmp_path / "link.env").symlink_to(target)
    machine.environment["HTTP_PROXY"] = "http://geheim12@proxy:1"
    assert machine.call("cron", "install", "--env", str(tmp_path / "link.env")).returncode == 0
    assert target.read_text() == f"{HEADER}\n"
    assert (tmp_path / "link.env").lstat().st_mode & 0o777 == 0o600


def test_variables_of_a_file_are_taken_over_and_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONE", "of the shell")
    path = tmp_path / "variables"
    path.write_text("ONE=1\nTWO=2\nTHREE=3\n")
    file = EnvironmentFile(path)
    file.load()
    assert [os.environ[name] for name in ("ONE", "TWO", "THREE")] == ["of the shell", "2", "3"]
    path.write_text("ONE=1\nTWO=22\n")
    file.load()
    assert [os.environ.get(name) for name in ("ONE", "TWO", "THREE")] == ["of the shell", "22", None]
    path.write_text("nonsense\n")
    with pytest.raises(BadEnvironmentFile):
        file.load()
    assert os.environ.pop("TWO") == "22"


@pytest.mark.parametrize("words", [("tick",), ("run",), ("once", "a")])
def test_a_file_that_is_not_there_is_named_with_the_cure(
    machine: Machine, tmp_path: Path, words: tuple[str, ...]
) -> None:
    machine.jobs.write_text(JOBS)
    ended = machine.call(*words, "--env", str(tmp_path / "none"))
    assert ended.returncode == 20
    assert ended.stderr.startswith(f"qqnews: cannot use {tmp_path}/none (No such file or directory): 'qqnews schedule")
