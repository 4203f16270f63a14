BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'qqnews','0001_articles','2026-11-26 20:41:36.850311+00:00');
INSERT INTO "_sqlite_migrations" VALUES(2,'qqnews','0002_frontier','2026-11-26 20:41:36.851136+00:00');
INSERT INTO "_sqlite_migrations" VALUES(3,'qqnews','0003_runs','2026-11-26 20:41:36.851781+00:00');
INSERT INTO "_sqlite_migrations" VALUES(4,'qqnews','0004_evidence','2026-11-26 20:41:36.854086+00:00');
INSERT INTO "_sqlite_migrations" VALUES(5,'qqnews','0005_erasures','2026-11-26 20:41:36.854577+00:00');
INSERT INTO "_sqlite_migrations" VALUES(6,'qqnews','0006_seals','2026-11-26 20:41:36.855015+00:00');
INSERT INTO "_sqlite_migrations" VALUES(7,'qqnews','0007_schedules','2026-11-26 20:41:36.856011+00:00');
INSERT INTO "_sqlite_migrations" VALUES(8,'qqnews','0008_duplicates','2026-11-26 20:41:36.857000+00:00');
INSERT INTO "_sqlite_migrations" VALUES(9,'qqnews','0009_changes','2026-11-26 20:41:36.857894+00:00');
INSERT INTO "_sqlite_migrations" VALUES(10,'qqnews','0010_strikes','2026-11-26 20:41:36.858828+00:00');
INSERT INTO "_sqlite_migrations" VALUES(11,'qqnews','0011_polls','2026-11-26 20:41:36.859938+00:00');
INSERT INTO "_sqlite_migrations" VALUES(12,'qqnews','0012_notices','2026-11-26 20:41:36.861536+00:00');
INSERT INTO "_sqlite_migrations" VALUES(13,'qqnews','0013_browsing','2026-11-26 20:41:36.862494+00:00');
CREATE TABLE article_changes (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        article_id TEXT NOT NULL UNIQUE REFERENCES articles (id) ON DELETE CASCADE
    ) STRICT
    ;
INSERT INTO "article_changes" VALUES(1,'20250212A0000100');
INSERT INTO "article_changes" VALUES(2,'20250212A0000200');
CREATE TABLE article_clusters (
        article_id TEXT PRIMARY KEY NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
        cluster TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    ;
CREATE TABLE articles (
        id TEXT PRIMARY KEY NOT NULL,
        url TEXT NOT NULL,
        title TEXT NOT NULL,
        summary TEXT NOT NULL,
        published_at TEXT,
        published_raw TEXT NOT NULL,
        author TEXT NOT NULL,
        media TEXT NOT NULL,
        media_id TEXT NOT NULL,
        channel TEXT NOT NULL,
        keywords TEXT NOT NULL,
        thumbnail TEXT NOT NULL,
        kind TEXT NOT NULL,
        location TEXT NOT NULL,
        comment_id TEXT NOT NULL,
        layout TEXT NOT NULL,
        content_hash TEXT NOT NULL,
        revision INTEGER NOT NULL,
        copy_of TEXT REFERENCES articles (id),
        status TEXT NOT NULL CHECK (status IN ('live', 'gone', 'taken_down')),
        first_seen TEXT NOT NULL,
        last_seen TEXT NOT NULL,
        next_check TEXT,
        raw_ref TEXT,
        markdown_path TEXT NOT NULL UNIQUE,
        provenance TEXT NOT NULL,
        body TEXT NOT NULL
    , missing_since TEXT, gone_at TEXT) STRICT
    ;
INSERT INTO "articles" VALUES('20250212A0000100','https://new.qq.com/rain/a/20250212A0000100','河边的第1个早晨','春天的早晨，河边的柳树发了新芽。','2025-02-12T21:13:09+08:00','2025-02-12 21:13:09','河边日报','河边日报','12345','life','["河","渔夫"]','https://inews.gtimg.com/om_bt/Oabc-DEF_gh123456789012345AA_640360/0','text','','','rain','v1:0b7224fe79d15a556bf864ac5e6a3842551a1153aec493896ab9f4dcf260906a',1,NULL,'live','2025-02-13T04:00:00+00:00','2025-02-13T04:00:00+00:00',NULL,NULL,'articles/2025/02/20250212A0000100.md','{"title":["DATA.title","河边的第1个早晨_新闻"]}','　　春天的早晨，河边的柳树发了新芽。渔夫老周把船推下水。

![图片](https://inews.gtimg.com/om_bt/Oabc-DEF_gh123456789012345AA/641)

**他说：“今年的鱼比去年多。”**

> 镇上的人都来看热闹。

第1天，天气晴。',NULL,NULL);
INSERT INTO "articles" VALUES('20250212A0000200','https://new.qq.com/rain/a/20250212A0000200','河边的第2个早晨','春天的早晨，河边的柳树发了新芽。','2025-02-12T21:13:09+08:00','2025-02-12 21:13:09','河边日报','河边日报','12345','life','["河","渔夫"]','https://inews.gtimg.com/om_bt/Oabc-DEF_gh123456789012345AA_640360/0','text','','','rain','v1:96284ad6ab06706d7cdfe1da2e034f980379e2ec931aefda5cff867eeff12352',1,NULL,'live','2025-02-13T04:00:00+00:00','2025-02-13T04:00:00+00:00',NULL,NULL,'articles/2025/02/20250212A0000200.md','{"title":["DATA.title","河边的第2个早晨_新闻"]}','　　春天的早晨，河边的柳树发了新芽。渔夫老周把船推下水。

![图片](https://inews.gtimg.com/om_bt/Oabc-DEF_gh123456789012345AA/641)

**他说：“今年的鱼比去年多。”**

> 镇上的人都来看热闹。

第2天，天气晴。',NULL,NULL);
CREATE TABLE coverage (
        id INTEGER PRIMARY KEY,
        run_id INTEGER REFERENCES runs (id),
        layout TEXT NOT NULL,
        read_at TEXT NOT NULL,
        pages INTEGER NOT NULL,
        fields TEXT NOT NULL
    ) STRICT
    ;
INSERT INTO "coverage" VALUES(1,1,'rain','2025-02-13T04:00:00+00:00',1,'{"title": [1, 1]}');
INSERT INTO "coverage" VALUES(2,2,'rain','2025-02-13T04:00:00+00:00',1,'{"title": [1, 1]}');
CREATE TABLE due_times (
        job TEXT NOT NULL,
        due_at TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'ran', 'coalesced', 'skipped', 'missed')),
        reason TEXT NOT NULL,
        run_id INTEGER REFERENCES runs (id),
        attempts INTEGER NOT NULL DEFAULT 0,
        settled_at TEXT NOT NULL,
        PRIMARY KEY (job, due_at)
    ) STRICT, WITHOUT ROWID
    ;
CREATE TABLE erasures (
        id_hash TEXT PRIMARY KEY NOT NULL,
        content_hash TEXT NOT NULL,
        reason TEXT NOT NULL,
        begun_at TEXT NOT NULL,
        finished_at TEXT,
        removed TEXT NOT NULL,
        pending TEXT NOT NULL
    ) STRICT
    ;
CREATE TABLE gaps (
        id INTEGER PRIMARY KEY,
        source TEXT NOT NULL,
        after_at TEXT NOT NULL,
        before_at TEXT NOT NULL,
        most INTEGER NOT NULL,
        found_at TEXT NOT NULL,
        closed_at TEXT,
        known_until TEXT NOT NULL,
        tries INTEGER NOT NULL DEFAULT 0
    ) STRICT
    ;
INSERT INTO "gaps" VALUES(1,'channel:tech','2025-02-12T04:00:00+00:00','2025-02-13T04:00:00+00:00',1,'2025-02-13T04:00:00+00:00',NULL,'2025-02-12T04:00:00+00:00',0);
INSERT INTO "gaps" VALUES(2,'channel:tech','2025-02-12T04:00:00+00:00','2025-02-13T04:00:00+00:00',2,'2025-02-13T04:00:00+00:00',NULL,'2025-02-12T04:00:00+00:00',0);
CREATE TABLE hosts (
        host TEXT PRIMARY KEY NOT NULL,
        next_at REAL NOT NULL DEFAULT 0,
        backoff_until REAL NOT NULL DEFAULT 0
    , strikes INTEGER NOT NULL DEFAULT 0) STRICT
    ;
CREATE TABLE links (
        id TEXT PRIMARY KEY NOT NULL,
        url TEXT NOT NULL,
        source TEXT NOT NULL,
        listed_at TEXT NOT NULL,
        rank INTEGER,
        state TEXT NOT NULL CHECK (state IN ('waiting', 'done', 'failed', 'gone', 'dropped')),
        attempts INTEGER NOT NULL DEFAULT 0,
        lease_until REAL NOT NULL DEFAULT 0,
        not_before REAL NOT NULL DEFAULT 0,
        last_error TEXT
    ) STRICT
    ;
INSERT INTO "links" VALUES('20250212A0000100','https://new.qq.com/rain/a/20250212A0000100','tech','2025-02-13T04:00:00+00:00',NULL,'done',0,0.0,0.0,NULL);
INSERT INTO "links" VALUES('20250212A0000200','https://new.qq.com/rain/a/20250212A0000200','tech','2025-02-13T04:00:00+00:00',NULL,'done',0,0.0,0.0,NULL);
CREATE TABLE locks (
        name TEXT PRIMARY KEY NOT NULL,
        token TEXT NOT NULL,
        host TEXT NOT NULL,
        boot TEXT NOT NULL,
        space TEXT NOT NULL,
        pid INTEGER NOT NULL,
        pid_started TEXT NOT NULL,
        purpose TEXT NOT NULL,
        run_id INTEGER REFERENCES runs (id),
        taken_at TEXT NOT NULL,
        beat_at TEXT NOT NULL,
        beat REAL NOT NULL,
        child_pid INTEGER,
        child_started TEXT
    ) STRICT
    ;
CREATE TABLE media (
        sha256 TEXT PRIMARY KEY NOT NULL,
        url TEXT NOT NULL,
        path TEXT NOT NULL,
        bytes INTEGER NOT NULL,
        mime TEXT NOT NULL
    ) STRICT
    ;
CREATE TABLE near_articles (
        article_id TEXT PRIMARY KEY NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
        doc INTEGER REFERENCES near_texts (doc)
    ) STRICT, WITHOUT ROWID
    ;
CREATE TABLE near_bands (
        key INTEGER NOT NULL,
        doc INTEGER NOT NULL,
        PRIMARY KEY (key, doc)
    ) STRICT, WITHOUT ROWID
    ;
CREATE TABLE near_texts (
        doc INTEGER PRIMARY KEY,
        digest INTEGER NOT NULL UNIQUE,
        version INTEGER NOT NULL,
        signature BLOB NOT NULL
    ) STRICT
    ;
CREATE TABLE notices (
        id INTEGER PRIMARY KEY,
        job TEXT NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('bad', 'still', 'well')),
        verdict TEXT NOT NULL,
        because TEXT NOT NULL,
        at TEXT NOT NULL,
        since TEXT NOT NULL,
        log TEXT NOT NULL
    ) STRICT
    ;
INSERT INTO "notices" VALUES(1,'hot','bad','blocked','the site told us to stay away','2025-02-13T04:00:00+00:00','2025-02-13T04:00:00+00:00','a.log');
INSERT INTO "notices" VALUES(2,'hot','bad','blocked','the site told us to stay away','2025-02-13T04:00:00+00:00','2025-02-13T04:00:00+00:00','a.log');
CREATE TABLE payloads (
        sha256 TEXT PRIMARY KEY NOT NULL,
        raw_ref TEXT NOT NULL,
        url TEXT NOT NULL,
        fetched_at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    ;
CREATE TABLE pictures (
        url TEXT PRIMARY KEY NOT NULL,
        sha256 TEXT REFERENCES media (sha256),
        article_id TEXT NOT NULL,
        tries INTEGER NOT NULL,
        tried_at TEXT NOT NULL,
        last_error TEXT
    ) STRICT, WITHOUT ROWID
    ;
CREATE TABLE polls (
        id INTEGER PRIMARY KEY,
        run_id INTEGER REFERENCES runs (id),
        source TEXT NOT NULL,
        polled_at TEXT NOT NULL,
        pages INTEGER NOT NULL,
        listed INTEGER NOT NULL,
        fresh INTEGER NOT NULL,
        overlapped INTEGER CHECK (overlapped IN (0, 1)),
        newest_at TEXT,
        oldest_at TEXT
    ) STRICT
    ;
INSERT INTO "polls" VALUES(1,1,'channel:tech','2025-02-13T04:00:00+00:00',1,2,2,NULL,NULL,NULL);
INSERT INTO "polls" VALUES(2,2,'channel:tech','2025-02-13T04:00:00+00:00',1,2,2,1,NULL,NULL);
CREATE TABLE recipients (
        id TEXT PRIMARY KEY NOT NULL,
        label TEXT NOT NULL,
        told_until INTEGER NOT NULL,
        told_at TEXT,
        tries INTEGER NOT NULL DEFAULT 0,
        not_before TEXT,
        last_error TEXT NOT NULL DEFAULT ''
    ) STRICT, WITHOUT ROWID
    ;
INSERT INTO "recipients" VALUES('0000000000000001','mailto',1,NULL,0,NULL,'');
INSERT INTO "recipients" VALUES('0000000000000002','mailto',2,NULL,0,NULL,'');
CREATE TABLE revisions (
        article_id TEXT NOT NULL REFERENCES articles (id),
        revision INTEGER NOT NULL,
        seen_at TEXT NOT NULL,
        content_hash TEXT NOT NULL,
        title TEXT NOT NULL,
        summary TEXT NOT NULL,
        raw_ref TEXT,
        body TEXT NOT NULL, kind TEXT NOT NULL DEFAULT 'first' CHECK (kind IN ('first', 'edited', 'reparsed')), changes TEXT NOT NULL DEFAULT '[]',
        PRIMARY KEY (article_id, revision)
    ) STRICT
    ;
INSERT INTO "revisions" VALUES('20250212A0000100',1,'2025-02-13T04:00:00+00:00','v1:0b7224fe79d15a556bf864ac5e6a3842551a1153aec493896ab9f4dcf260906a','河边的第1个早晨','春天的早晨，河边的柳树发了新芽。',NULL,'　　春天的早晨，河边的柳树发了新芽。渔夫老周把船推下水。

![图片](https://inews.gtimg.com/om_bt/Oabc-DEF_gh123456789012345AA/641)

**他说：“今年的鱼比去年多。”**

> 镇上的人都来看热闹。

第1天，天气晴。','first','[]');
INSERT INTO "revisions" VALUES('20250212A0000200',1,'2025-02-13T04:00:00+00:00','v1:96284ad6ab06706d7cdfe1da2e034f980379e2ec931aefda5cff867eeff12352','河边的第2个早晨','春天的早晨，河边的柳树发了新芽。',NULL,'　　春天的早晨，河边的柳树发了新芽。渔夫老周把船推下水。

![图片](https://inews.gtimg.com/om_bt/Oabc-DEF_gh123456789012345AA/641)

**他说：“今年的鱼比去年多。”**

> 镇上的人都来看热闹。

第2天，天气晴。','first','[]');
CREATE TABLE runs (
        id INTEGER PRIMARY KEY,
        job TEXT NOT NULL,
        due_at TEXT,
        started_at TEXT NOT NULL,
        ended_at TEXT,
        verdict TEXT,
        exit_code INTEGER,
        counts TEXT,
        host TEXT NOT NULL,
        pid INTEGER NOT NULL
    , because TEXT) STRICT
    ;
INSERT INTO "runs" VALUES(1,'crawl',NULL,'2025-02-13T04:00:00+00:00',NULL,NULL,NULL,NULL,'here',1,NULL);
INSERT INTO "runs" VALUES(2,'crawl',NULL,'2025-02-13T04:00:00+00:00',NULL,NULL,NULL,NULL,'here',2,NULL);
CREATE TABLE seals (
        part TEXT NOT NULL,
        key TEXT NOT NULL,
        total INTEGER NOT NULL,
        PRIMARY KEY (part, key)
    ) STRICT, WITHOUT ROWID
;
INSERT INTO "seals" VALUES('_sqlite_migrations','0001_articles',36137820558635);
INSERT INTO "seals" VALUES('_sqlite_migrations','0002_frontier',280549743364991);
INSERT INTO "seals" VALUES('_sqlite_migrations','0003_runs',7363483738529);
INSERT INTO "seals" VALUES('_sqlite_migrations','0004_evidence',254258138697351);
INSERT INTO "seals" VALUES('_sqlite_migrations','0005_erasures',175805973780556);
INSERT INTO "seals" VALUES('_sqlite_migrations','0006_seals',72536425189425);
INSERT INTO "seals" VALUES('_sqlite_migrations','0007_schedules',181508638067195);
INSERT INTO "seals" VALUES('_sqlite_migrations','0008_duplicates',259156259674417);
INSERT INTO "seals" VALUES('_sqlite_migrations','0009_changes',192480248608147);
INSERT INTO "seals" VALUES('_sqlite_migrations','0010_strikes',81923339671764);
INSERT INTO "seals" VALUES('_sqlite_migrations','0011_polls',77480300419168);
INSERT INTO "seals" VALUES('_sqlite_migrations','0012_notices',167618432367273);
INSERT INTO "seals" VALUES('_sqlite_migrations','0013_browsing',162984141311591);
INSERT INTO "seals" VALUES('articles','20250212A0000100',140487906217635);
INSERT INTO "seals" VALUES('articles','20250212A0000200',260842206381832);
INSERT INTO "seals" VALUES('coverage','rain',191491741037461);
INSERT INTO "seals" VALUES('gaps','channel:tech',84814776017420);
INSERT INTO "seals" VALUES('links','20250212A0000100',142892665795585);
INSERT INTO "seals" VALUES('links','20250212A0000200',236057064745669);
INSERT INTO "seals" VALUES('notices','hot',260951826770705);
INSERT INTO "seals" VALUES('polls','channel:tech',90822870705719);
INSERT INTO "seals" VALUES('recipients','0000000000000001',130334195987170);
INSERT INTO "seals" VALUES('recipients','0000000000000002',92142406603162);
INSERT INTO "seals" VALUES('revisions','20250212A0000100',154090628848227);
INSERT INTO "seals" VALUES('revisions','20250212A0000200',160210894727578);
INSERT INTO "seals" VALUES('runs','1',65005240764315);
INSERT INTO "seals" VALUES('runs','2',247746218170183);
INSERT INTO "seals" VALUES('sightings','20250212A0000100',130632354862869);
INSERT INTO "seals" VALUES('sightings','20250212A0000200',133415916073663);
CREATE TABLE sightings (
        article_id TEXT NOT NULL,
        source TEXT NOT NULL,
        rank INTEGER,
        seen_at TEXT NOT NULL
    ) STRICT
    ;
INSERT INTO "sightings" VALUES('20250212A0000100','tech',1,'2025-02-13T04:00:00+00:00');
INSERT INTO "sightings" VALUES('20250212A0000200','tech',2,'2025-02-13T04:00:00+00:00');
CREATE TABLE timetables (
        job TEXT PRIMARY KEY NOT NULL,
        timetable TEXT NOT NULL,
        since TEXT NOT NULL,
        settled_until TEXT NOT NULL
    ) STRICT
    ;
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX articles_by_date ON articles (published_at, id);
CREATE INDEX articles_copies ON articles (copy_of) WHERE copy_of IS NOT NULL;
CREATE INDEX revisions_by_hash ON revisions (content_hash);
CREATE INDEX sightings_by_article ON sightings (article_id, source, seen_at);
CREATE INDEX sightings_by_source ON sightings (source, seen_at);
CREATE INDEX media_by_url ON media (url);
CREATE INDEX links_waiting ON links (not_before, lease_until) WHERE state = 'waiting';
CREATE INDEX runs_by_job ON runs (job, started_at);
CREATE INDEX articles_due ON articles (next_check) WHERE next_check IS NOT NULL;
CREATE INDEX pictures_by_file ON pictures (sha256);
CREATE INDEX pictures_missing ON pictures (tried_at) WHERE sha256 IS NULL;
CREATE INDEX due_times_open ON due_times (job, due_at) WHERE state IN ('waiting', 'running');
CREATE INDEX due_times_by_time ON due_times (due_at);
CREATE INDEX near_articles_by_doc ON near_articles (doc);
CREATE INDEX article_clusters_by_cluster ON article_clusters (cluster);
CREATE TRIGGER articles_added AFTER INSERT ON articles BEGIN
        INSERT OR REPLACE INTO article_changes (article_id) VALUES (NEW.id);
    END;
CREATE TRIGGER articles_changed AFTER UPDATE OF published_at, channel, kind, media, media_id, author, keywords, title, summary, body ON articles WHEN NEW.published_at IS NOT OLD.published_at OR NEW.channel IS NOT OLD.channel OR NEW.kind IS NOT OLD.kind OR NEW.media IS NOT OLD.media OR NEW.media_id IS NOT OLD.media_id OR NEW.author IS NOT OLD.author OR NEW.keywords IS NOT OLD.keywords OR NEW.title IS NOT OLD.title OR NEW.summary IS NOT OLD.summary OR NEW.body IS NOT OLD.body BEGIN
        INSERT OR REPLACE INTO article_changes (article_id) VALUES (NEW.id);
    END;
CREATE INDEX polls_by_source ON polls (source, polled_at);
CREATE INDEX gaps_open ON gaps (source, found_at) WHERE closed_at IS NULL;
CREATE INDEX coverage_by_layout ON coverage (layout, read_at);
CREATE INDEX notices_by_job ON notices (job, id);
CREATE INDEX articles_by_channel ON articles (channel, published_at, id, kind, status);
CREATE INDEX articles_by_kind ON articles (kind, published_at, id, status);
CREATE INDEX articles_by_status ON articles (status, published_at, id);
CREATE INDEX articles_gone ON articles (gone_at, id) WHERE gone_at IS NOT NULL;
CREATE INDEX revisions_edited ON revisions (seen_at, article_id, revision) WHERE kind = 'edited';
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('article_changes',2);
COMMIT;
