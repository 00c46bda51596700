CREATE TABLE "seaql_migrations" ( "version" varchar NOT NULL PRIMARY KEY, "applied_at" integer NOT NULL );
CREATE TABLE "account" ( "id" text NOT NULL PRIMARY KEY, "username" text NOT NULL UNIQUE, "display_name" text NOT NULL, "role" text NOT NULL, "organisation" text NULL, "region" text NULL, "password_hash" text NOT NULL, "must_change_password" boolean NOT NULL, "disabled" boolean NOT NULL, "failed_sign_ins" integer NOT NULL, "locked_until" timestamp_with_timezone_text NULL, "password_changed_at" timestamp_with_timezone_text NOT NULL, "created_at" timestamp_with_timezone_text NOT NULL, "last_sign_in_at" timestamp_with_timezone_text NULL );
CREATE TABLE "session" ( "token_hash" text NOT NULL PRIMARY KEY, "account_id" text NOT NULL, "created_at" timestamp_with_timezone_text NOT NULL, "last_seen_at" timestamp_with_timezone_text NOT NULL, "expires_at" timestamp_with_timezone_text NOT NULL, "ip" text NULL, "user_agent" text NULL, FOREIGN KEY ("account_id") REFERENCES "account" ("id") ON DELETE CASCADE );
CREATE TABLE "api_key" ( "id" text NOT NULL PRIMARY KEY, "account_id" text NOT NULL, "name" text NOT NULL, "secret_hash" text NOT NULL UNIQUE, "created_at" timestamp_with_timezone_text NOT NULL, "expires_at" timestamp_with_timezone_text NOT NULL, "last_used_at" timestamp_with_timezone_text NULL, "revoked_at" timestamp_with_timezone_text NULL, FOREIGN KEY ("account_id") REFERENCES "account" ("id") ON DELETE CASCADE );
CREATE TABLE "organisation" ( "uscc" text NOT NULL PRIMARY KEY, "name" text NOT NULL, "region" text NULL, "created_at" timestamp_with_timezone_text NOT NULL );
CREATE TABLE "grant_entry" ( "id" text NOT NULL PRIMARY KEY, "subject_kind" text NOT NULL, "subject" text NOT NULL, "dataset_pattern" text NOT NULL, "reach" text NOT NULL, "grade_max" text NULL, "mask_from" text NULL, "rows" json_text NOT NULL, "masks" json_text NOT NULL, "purpose" text NOT NULL, "valid_until" timestamp_with_timezone_text NULL, "basis_zh" text NOT NULL, "basis_en" text NOT NULL, "issued_by" text NOT NULL, "issued_at" timestamp_with_timezone_text NOT NULL, "revoked_at" timestamp_with_timezone_text NULL, "revoked_by" text NULL );
CREATE TABLE "setting" ( "key" text NOT NULL PRIMARY KEY, "value" json_text NOT NULL, "updated_at" timestamp_with_timezone_text NOT NULL );
CREATE TABLE "dataset" ( "name" text NOT NULL PRIMARY KEY, "title_zh" text NOT NULL, "title_en" text NOT NULL, "description_zh" text NOT NULL, "description_en" text NOT NULL, "owner" text NOT NULL, "side" text NOT NULL, "zone" text NOT NULL, "grade" text NOT NULL, "restricted_by" text NULL, "source" text NOT NULL, "licence" text NOT NULL, "quality" json_text NULL, "rows" integer NOT NULL, "bytes" integer NOT NULL, "version" integer NULL, "created_at" timestamp_with_timezone_text NOT NULL, "updated_at" timestamp_with_timezone_text NOT NULL, "search_text" text NOT NULL );
CREATE TABLE "dataset_column" ( "dataset" text NOT NULL, "name" text NOT NULL, "position" integer NOT NULL, "data_type" text NOT NULL, "nullable" boolean NOT NULL, "title_zh" text NOT NULL, "title_en" text NOT NULL, "unit" text NULL, "grade" text NOT NULL, PRIMARY KEY ("dataset", "name"), FOREIGN KEY ("dataset") REFERENCES "dataset" ("name") ON DELETE CASCADE );
CREATE TABLE "dataset_version" ( "dataset" text NOT NULL, "version" integer NOT NULL, "rows" integer NOT NULL, "bytes" integer NOT NULL, "committed_at" timestamp_with_timezone_text NOT NULL, "run_id" text NULL, "content_hash" text NULL, "inputs" json_text NOT NULL, PRIMARY KEY ("dataset", "version"), FOREIGN KEY ("dataset") REFERENCES "dataset" ("name") ON DELETE CASCADE );
CREATE TABLE "dataset_input" ( "dataset" text NOT NULL, "version" integer NOT NULL, "input" text NOT NULL, "input_version" integer NOT NULL, PRIMARY KEY ("dataset", "version", "input") );
CREATE TABLE "ingest_run" ( "id" text NOT NULL PRIMARY KEY, "state" text NOT NULL, "actor" text NOT NULL, "mapping" text NOT NULL, "file" text NOT NULL, "content_hash" text NULL, "dataset" text NULL, "options" json_text NOT NULL, "rows_read" integer NOT NULL, "rows_landed" integer NOT NULL, "rows_quarantined" integer NOT NULL, "version" integer NULL, "created_at" timestamp_with_timezone_text NOT NULL, "started_at" timestamp_with_timezone_text NULL, "finished_at" timestamp_with_timezone_text NULL, "report" json_text NULL, "failure" json_text NULL );
CREATE TABLE "model_run" ( "id" text NOT NULL PRIMARY KEY, "model" text NOT NULL, "definition_hash" text NOT NULL, "inputs" json_text NOT NULL, "output" text NOT NULL, "output_version" integer NOT NULL, "rows" integer NOT NULL, "seconds" double NOT NULL, "finished_at" timestamp_with_timezone_text NOT NULL );
CREATE TABLE "evidence_leaf" ( "seq" integer NOT NULL PRIMARY KEY, "recorded_at" timestamp_with_timezone_text NOT NULL, "kind" text NOT NULL, "actor" text NOT NULL, "subject" text NOT NULL, "body" text NOT NULL, "leaf_hash" blob NOT NULL );
CREATE TABLE "evidence_frontier" ( "id" integer NOT NULL PRIMARY KEY, "size" integer NOT NULL, "peaks" blob NOT NULL );
CREATE TABLE "evidence_head" ( "size" integer NOT NULL PRIMARY KEY, "root" text NOT NULL, "signed_at" timestamp_with_timezone_text NOT NULL, "key_id" text NOT NULL, "signature" text NOT NULL );
INSERT INTO "seaql_migrations" VALUES ('m0001_spine', 1795228111);
INSERT INTO "account" VALUES ('01a1fb9f-e8c0-77f0-a971-503e253a7f80', 'fixture', '张三', 'government', NULL, '330100', '$argon2id$…', 1, 0, 0, NULL, '2026-11-21T01:02:03.456789+00:00', '2026-11-21T01:02:03.456789+00:00', NULL);
INSERT INTO "setting" VALUES ('node.name', '"大脑"', '2026-11-21T01:02:03.456789+00:00');
INSERT INTO "dataset" VALUES ('raw.registry', '企业', 'Enterprises', '一行一企业，占比100%', 'One row per firm', 'node', 'public', 'raw', 'general2', NULL, '浙江登记', 'CC-BY-4.0', NULL, 11, 1000, 1, '2026-11-21T01:02:03.456789+00:00', '2026-11-21T01:02:03.456789+00:00', 'raw.registry
企业
enterprises
一行一企业，占比100%
one row per firm
浙江登记');
INSERT INTO "dataset_version" VALUES ('raw.registry', 1, 11, 1000, '2026-11-21T01:02:03.456789+00:00', 'run', 'hash1', '[]');
INSERT INTO "evidence_leaf" VALUES (0, '2026-11-21T01:02:03.456789+00:00', 'key.create', 'system', 'k', '{"a":"''中文''"}', X'000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F');
INSERT INTO "evidence_frontier" VALUES (1, 1, X'000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F');
CREATE INDEX "session_account" ON "session" ("account_id");
CREATE INDEX "session_expiry" ON "session" ("expires_at");
CREATE INDEX "api_key_account" ON "api_key" ("account_id");
CREATE INDEX "dataset_version_content" ON "dataset_version" ("dataset", "content_hash");
CREATE INDEX "dataset_input_by_input" ON "dataset_input" ("input");
CREATE INDEX "ingest_run_state" ON "ingest_run" ("state");
CREATE INDEX "model_run_model" ON "model_run" ("model", "finished_at");
CREATE INDEX "evidence_leaf_kind" ON "evidence_leaf" ("kind");
CREATE INDEX "evidence_leaf_subject" ON "evidence_leaf" ("subject");
CREATE INDEX "evidence_leaf_actor" ON "evidence_leaf" ("actor");
