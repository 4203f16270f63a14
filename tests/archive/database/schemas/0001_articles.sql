BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'qqnews','0001_articles','2026-11-23 10:47:09.125568+00:00');
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
    ) STRICT
    ;
INSERT INTO "articles" VALUES('20250212A0000100','https://new.qq.com/rain/a/20250212A0000100','河边的第1个早晨','春天的早晨，河边的柳树发了新芽。','2025-02-12T21:13:09+08:00','2025-02-12 21:13:09','河边日报','河边日报','12345','life','["河","渔夫"]','https://inews.gtimg.com/om_bt/Oabc-DEF_gh123456789012345AA_640360/0','text','','','rain','v1:0b7224fe79d15a556bf864ac5e6a3842551a1153aec493896ab9f4dcf260906a',1,NULL,'live','2025-02-13T04:00:00+00:00','2025-02-13T04:00:00+00:00',NULL,NULL,'articles/2025/02/20250212A0000100.md','{"title":["DATA.title","河边的第1个早晨_新闻"]}','　　春天的早晨，河边的柳树发了新芽。渔夫老周把船推下水。

![图片](https://inews.gtimg.com/om_bt/Oabc-DEF_gh123456789012345AA/641)

**他说：“今年的鱼比去年多。”**

> 镇上的人都来看热闹。

第1天，天气晴。');
INSERT INTO "articles" VALUES('20250212A0000200','https://new.qq.com/rain/a/20250212A0000200','河边的第2个早晨','春天的早晨，河边的柳树发了新芽。','2025-02-12T21:13:09+08:00','2025-02-12 21:13:09','河边日报','河边日报','12345','life','["河","渔夫"]','https://inews.gtimg.com/om_bt/Oabc-DEF_gh123456789012345AA_640360/0','text','','','rain','v1:96284ad6ab06706d7cdfe1da2e034f980379e2ec931aefda5cff867eeff12352',1,NULL,'live','2025-02-13T04:00:00+00:00','2025-02-13T04:00:00+00:00',NULL,NULL,'articles/2025/02/20250212A0000200.md','{"title":["DATA.title","河边的第2个早晨_新闻"]}','　　春天的早晨，河边的柳树发了新芽。渔夫老周把船推下水。

![图片](https://inews.gtimg.com/om_bt/Oabc-DEF_gh123456789012345AA/641)

**他说：“今年的鱼比去年多。”**

> 镇上的人都来看热闹。

第2天，天气晴。');
CREATE TABLE media (
        sha256 TEXT PRIMARY KEY NOT NULL,
        url TEXT NOT NULL,
        path TEXT NOT NULL,
        bytes INTEGER NOT NULL,
        mime TEXT NOT NULL
    ) STRICT
    ;
CREATE TABLE revisions (
        article_id TEXT NOT NULL REFERENCES articles (id),
        revision INTEGER NOT NULL,
        seen_at TEXT NOT NULL,
        content_hash TEXT NOT NULL,
        title TEXT NOT NULL,
        summary TEXT NOT NULL,
        raw_ref TEXT,
        body TEXT NOT NULL,
        PRIMARY KEY (article_id, revision)
    ) STRICT
    ;
INSERT INTO "revisions" VALUES('20250212A0000100',1,'2025-02-13T04:00:00+00:00','v1:0b7224fe79d15a556bf864ac5e6a3842551a1153aec493896ab9f4dcf260906a','河边的第1个早晨','春天的早晨，河边的柳树发了新芽。',NULL,'　　春天的早晨，河边的柳树发了新芽。渔夫老周把船推下水。

![图片](https://inews.gtimg.com/om_bt/Oabc-DEF_gh123456789012345AA/641)

**他说：“今年的鱼比去年多。”**

> 镇上的人都来看热闹。

第1天，天气晴。');
INSERT INTO "revisions" VALUES('20250212A0000200',1,'2025-02-13T04:00:00+00:00','v1:96284ad6ab06706d7cdfe1da2e034f980379e2ec931aefda5cff867eeff12352','河边的第2个早晨','春天的早晨，河边的柳树发了新芽。',NULL,'　　春天的早晨，河边的柳树发了新芽。渔夫老周把船推下水。

![图片](https://inews.gtimg.com/om_bt/Oabc-DEF_gh123456789012345AA/641)

**他说：“今年的鱼比去年多。”**

> 镇上的人都来看热闹。

第2天，天气晴。');
CREATE TABLE sightings (
        article_id TEXT NOT NULL,
        source TEXT NOT NULL,
        rank INTEGER,
        seen_at TEXT NOT NULL
    ) STRICT
    ;
INSERT INTO "sightings" VALUES('20250212A0000100','tech',1,'2025-02-13T04:00:00+00:00');
INSERT INTO "sightings" VALUES('20250212A0000200','tech',2,'2025-02-13T04:00:00+00:00');
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX articles_by_date ON articles (published_at, id);
CREATE INDEX articles_copies ON articles (copy_of) WHERE copy_of IS NOT NULL;
CREATE INDEX revisions_by_hash ON revisions (content_hash);
CREATE INDEX sightings_by_article ON sightings (article_id, source, seen_at);
CREATE INDEX sightings_by_source ON sightings (source, seen_at);
CREATE INDEX media_by_url ON media (url);
COMMIT;
