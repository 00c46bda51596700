//! Corpora: what is defined, the files brought for them, runs, and the versions that came of runs.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, json, json_null, text, text_null, text_uniq, timestamp_with_time_zone,
    timestamp_with_time_zone_null,
};

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0019_corpus"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [corpus(), file(), run(), version()] {
            manager.create_table(table).await?;
        }
        let indexes = [
            ("corpus_file_corpus", "corpus_file"),
            ("corpus_run_corpus", "corpus_run"),
            ("corpus_version_corpus", "corpus_version"),
        ];
        for (name, table) in indexes {
            let index = Index::create().name(name).table(table).col("corpus").col("id").take();
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

fn corpus() -> TableCreateStatement {
    Table::create()
        .table("corpus")
        .col(text("id").primary_key())
        .col(text_uniq("name"))
        .col(text("title"))
        .col(text("owner"))
        .col(json("definition"))
        .col(text("created_by"))
        .col(text("changed_by"))
        .col(big_integer("revision"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .take()
}

fn file() -> TableCreateStatement {
    Table::create()
        .table("corpus_file")
        .col(text("id").primary_key())
        .col(text("corpus"))
        .col(text("name"))
        .col(big_integer("bytes"))
        .col(text("sha256"))
        .col(text("brought_by"))
        .col(timestamp_with_time_zone("brought_at"))
        .col(timestamp_with_time_zone_null("removed_at"))
        .take()
}

fn run() -> TableCreateStatement {
    Table::create()
        .table("corpus_run")
        .col(text("id").primary_key())
        .col(text("corpus"))
        .col(big_integer("corpus_revision"))
        .col(text("actor"))
        .col(text("state"))
        .col(timestamp_with_time_zone("started_at"))
        .col(timestamp_with_time_zone_null("ended_at"))
        .col(text_null("version"))
        .col(json_null("journal"))
        .col(json_null("failure"))
        .take()
}

fn version() -> TableCreateStatement {
    Table::create()
        .table("corpus_version")
        .col(text("id").primary_key())
        .col(text("corpus"))
        .col(big_integer("number"))
        .col(text("digest"))
        .col(text("run"))
        .col(big_integer("corpus_revision"))
        .col(big_integer("documents"))
        .col(big_integer_null("dataset_version"))
        .col(big_integer_null("rejected_version"))
        .col(json("inputs"))
        .col(json("facts"))
        .col(text("made_by"))
        .col(timestamp_with_time_zone("made_at"))
        .take()
}
