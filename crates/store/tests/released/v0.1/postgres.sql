SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE public.account (
    id text NOT NULL,
    username text NOT NULL,
    display_name text NOT NULL,
    role text NOT NULL,
    organisation text,
    region text,
    password_hash text NOT NULL,
    must_change_password boolean NOT NULL,
    disabled boolean NOT NULL,
    failed_sign_ins integer NOT NULL,
    locked_until timestamp with time zone,
    password_changed_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_sign_in_at timestamp with time zone
);
CREATE TABLE public.api_key (
    id text NOT NULL,
    account_id text NOT NULL,
    name text NOT NULL,
    secret_hash text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone,
    revoked_at timestamp with time zone
);
CREATE TABLE public.dataset (
    name text NOT NULL,
    title_zh text NOT NULL,
    title_en text NOT NULL,
    description_zh text NOT NULL,
    description_en text NOT NULL,
    owner text NOT NULL,
    side text NOT NULL,
    zone text NOT NULL,
    grade text NOT NULL,
    restricted_by text,
    source text NOT NULL,
    licence text NOT NULL,
    quality json,
    rows bigint NOT NULL,
    bytes bigint NOT NULL,
    version bigint,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    search_text text NOT NULL
);
CREATE TABLE public.dataset_column (
    dataset text NOT NULL,
    name text NOT NULL,
    "position" integer NOT NULL,
    data_type text NOT NULL,
    nullable boolean NOT NULL,
    title_zh text NOT NULL,
    title_en text NOT NULL,
    unit text,
    grade text NOT NULL
);
CREATE TABLE public.dataset_input (
    dataset text NOT NULL,
    version bigint NOT NULL,
    input text NOT NULL,
    input_version bigint NOT NULL
);
CREATE TABLE public.dataset_version (
    dataset text NOT NULL,
    version bigint NOT NULL,
    rows bigint NOT NULL,
    bytes bigint NOT NULL,
    committed_at timestamp with time zone NOT NULL,
    run_id text,
    content_hash text,
    inputs json NOT NULL
);
CREATE TABLE public.evidence_frontier (
    id integer NOT NULL,
    size bigint NOT NULL,
    peaks bytea NOT NULL
);
CREATE TABLE public.evidence_head (
    size bigint NOT NULL,
    root text NOT NULL,
    signed_at timestamp with time zone NOT NULL,
    key_id text NOT NULL,
    signature text NOT NULL
);
CREATE TABLE public.evidence_leaf (
    seq bigint NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    kind text NOT NULL,
    actor text NOT NULL,
    subject text NOT NULL,
    body text NOT NULL,
    leaf_hash bytea NOT NULL
);
CREATE TABLE public.grant_entry (
    id text NOT NULL,
    subject_kind text NOT NULL,
    subject text NOT NULL,
    dataset_pattern text NOT NULL,
    reach text NOT NULL,
    grade_max text,
    mask_from text,
    rows json NOT NULL,
    masks json NOT NULL,
    purpose text NOT NULL,
    valid_until timestamp with time zone,
    basis_zh text NOT NULL,
    basis_en text NOT NULL,
    issued_by text NOT NULL,
    issued_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    revoked_by text
);
CREATE TABLE public.ingest_run (
    id text NOT NULL,
    state text NOT NULL,
    actor text NOT NULL,
    mapping text NOT NULL,
    file text NOT NULL,
    content_hash text,
    dataset text,
    options json NOT NULL,
    rows_read bigint NOT NULL,
    rows_landed bigint NOT NULL,
    rows_quarantined bigint NOT NULL,
    version bigint,
    created_at timestamp with time zone NOT NULL,
    started_at timestamp with time zone,
    finished_at timestamp with time zone,
    report json,
    failure json
);
CREATE TABLE public.model_run (
    id text NOT NULL,
    model text NOT NULL,
    definition_hash text NOT NULL,
    inputs json NOT NULL,
    output text NOT NULL,
    output_version bigint NOT NULL,
    rows bigint NOT NULL,
    seconds double precision NOT NULL,
    finished_at timestamp with time zone NOT NULL
);
CREATE TABLE public.organisation (
    uscc text NOT NULL,
    name text NOT NULL,
    region text,
    created_at timestamp with time zone NOT NULL
);
CREATE TABLE public.seaql_migrations (
    version character varying NOT NULL,
    applied_at bigint NOT NULL
);
CREATE TABLE public.session (
    token_hash text NOT NULL,
    account_id text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_seen_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    ip text,
    user_agent text
);
CREATE TABLE public.setting (
    key text NOT NULL,
    value json NOT NULL,
    updated_at timestamp with time zone NOT NULL
);
INSERT INTO public.account VALUES ('01a1fb9f-e8c0-76be-a9a6-9ac76213470c', 'fixture', '张三', 'government', NULL, '330100', '$argon2id$…', true, false, 0, NULL, '2026-11-21 01:02:03.456789+00', '2026-11-21 01:02:03.456789+00', NULL);
INSERT INTO public.dataset VALUES ('raw.registry', '企业', 'Enterprises', '一行一企业，占比100%', 'One row per firm', 'node', 'public', 'raw', 'general2', NULL, '浙江登记', 'CC-BY-4.0', NULL, 11, 1000, 1, '2026-11-21 01:02:03.456789+00', '2026-11-21 01:02:03.456789+00', 'raw.registry
企业
enterprises
一行一企业，占比100%
one row per firm
浙江登记');
INSERT INTO public.dataset_version VALUES ('raw.registry', 1, 11, 1000, '2026-11-21 01:02:03.456789+00', 'run', 'hash1', '[]');
INSERT INTO public.evidence_frontier VALUES (1, 1, '\x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f');
INSERT INTO public.evidence_leaf VALUES (0, '2026-11-21 01:02:03.456789+00', 'key.create', 'system', 'k', '{"a":"''中文''"}', '\x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f');
INSERT INTO public.seaql_migrations VALUES ('m0001_spine', 1795228112);
INSERT INTO public.setting VALUES ('node.name', '"大脑"', '2026-11-21 01:02:03.456789+00');
ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_username_key UNIQUE (username);
ALTER TABLE ONLY public.api_key
    ADD CONSTRAINT api_key_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.api_key
    ADD CONSTRAINT api_key_secret_hash_key UNIQUE (secret_hash);
ALTER TABLE ONLY public.dataset_column
    ADD CONSTRAINT dataset_column_pkey PRIMARY KEY (dataset, name);
ALTER TABLE ONLY public.dataset_input
    ADD CONSTRAINT dataset_input_pkey PRIMARY KEY (dataset, version, input);
ALTER TABLE ONLY public.dataset
    ADD CONSTRAINT dataset_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.dataset_version
    ADD CONSTRAINT dataset_version_pkey PRIMARY KEY (dataset, version);
ALTER TABLE ONLY public.evidence_frontier
    ADD CONSTRAINT evidence_frontier_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.evidence_head
    ADD CONSTRAINT evidence_head_pkey PRIMARY KEY (size);
ALTER TABLE ONLY public.evidence_leaf
    ADD CONSTRAINT evidence_leaf_pkey PRIMARY KEY (seq);
ALTER TABLE ONLY public.grant_entry
    ADD CONSTRAINT grant_entry_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.ingest_run
    ADD CONSTRAINT ingest_run_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.model_run
    ADD CONSTRAINT model_run_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.organisation
    ADD CONSTRAINT organisation_pkey PRIMARY KEY (uscc);
ALTER TABLE ONLY public.seaql_migrations
    ADD CONSTRAINT seaql_migrations_pkey PRIMARY KEY (version);
ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_pkey PRIMARY KEY (token_hash);
ALTER TABLE ONLY public.setting
    ADD CONSTRAINT setting_pkey PRIMARY KEY (key);
CREATE INDEX api_key_account ON public.api_key USING btree (account_id);
CREATE INDEX dataset_input_by_input ON public.dataset_input USING btree (input);
CREATE INDEX dataset_version_content ON public.dataset_version USING btree (dataset, content_hash);
CREATE INDEX evidence_leaf_actor ON public.evidence_leaf USING btree (actor);
CREATE INDEX evidence_leaf_kind ON public.evidence_leaf USING btree (kind);
CREATE INDEX evidence_leaf_subject ON public.evidence_leaf USING btree (subject);
CREATE INDEX ingest_run_state ON public.ingest_run USING btree (state);
CREATE INDEX model_run_model ON public.model_run USING btree (model, finished_at);
CREATE INDEX session_account ON public.session USING btree (account_id);
CREATE INDEX session_expiry ON public.session USING btree (expires_at);
ALTER TABLE ONLY public.api_key
    ADD CONSTRAINT api_key_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.dataset_column
    ADD CONSTRAINT dataset_column_dataset_fkey FOREIGN KEY (dataset) REFERENCES public.dataset(name) ON DELETE CASCADE;
ALTER TABLE ONLY public.dataset_version
    ADD CONSTRAINT dataset_version_dataset_fkey FOREIGN KEY (dataset) REFERENCES public.dataset(name) ON DELETE CASCADE;
ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.account(id) ON DELETE CASCADE;
