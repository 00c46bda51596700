//! A warehouse in a temporary folder, with parties to act for.

use brain_kernel::clock::SystemClock;
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::party::{Party, Role};
use brain_kernel::progress::{Cancel, Progress};
use brain_kernel::uscc::Uscc;
use brain_store::Store;
use brain_trust::{NewGrant, Trust};
use brain_warehouse::ingest::{IngestOptions, IngestRequest};
use brain_warehouse::query::QueryLimits;
use brain_warehouse::{Options, Warehouse};
use datafusion::arrow::util::display::array_value_to_string;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub const OWN: &str = "91330681716195421C";
pub const OTHER: &str = "91330782712588420C";

pub struct Node {
    pub warehouse: Warehouse,
    pub trust: Trust,
    pub store: Store,
    folder: tempfile::TempDir,
}

pub fn party(role: Role, organisation: Option<&str>) -> Party {
    Party {
        account: format!("test-{}", role.name()),
        display_name: role.name().to_owned(),
        role,
        organisation: organisation.map(|code| Uscc::parse(code).unwrap()),
        region: None,
    }
}

pub fn administrator() -> Party {
    party(Role::SystemAdministrator, None)
}

const SALES: &str = r#"
name = "sales"
title = { zh = "销售", en = "Sales" }
description = { zh = "企业上报的销售。", en = "Sales reported by firms." }
owner = "数据提供企业"
side = "enterprise"
grade = "general3"
source = "test"
licence = "test"

[[table]]
dataset = "raw.sale"
files = ["sale*.csv"]
mode = "replace"
restricted_by = "firm"

[[table.column]]
name = "firm"
type = "text"
required = true

[[table.column]]
name = "buyer"
type = "text"

[[table.column]]
name = "amount"
type = "float"

[[table.column]]
name = "units"
type = "integer"
"#;

const PLACES: &str = r#"
name = "places"
title = { zh = "地点", en = "Places" }
description = { zh = "公共地点。", en = "Public places." }
owner = "民政部门"
side = "public"
grade = "general1"
source = "test"
licence = "test"

[[table]]
dataset = "raw.place"
files = ["place*.csv"]
mode = "replace"

[[table.column]]
name = "code"
type = "text"
required = true

[[table.column]]
name = "name"
type = "text"
"#;

impl Node {
    pub async fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (warehouse, trust, store) = open(folder.path()).await;
        Self { warehouse, trust, store, folder }
    }

    /// A node with a restricted table `raw.sale` of two firms in two versions, and a public one `raw.place`.
    pub async fn loaded() -> Self {
        let node = Self::empty().await;
        node.file("mappings/sales.toml", SALES);
        node.file("mappings/places.toml", PLACES);
        node.file(
            "in/sale.csv",
            &format!("firm,buyer,amount,units\n{OWN},甲,10.5,1\n{OTHER},秘密客户,777,42\n"),
        );
        node.ingest("in/sale.csv", "sales").await;
        node.file(
            "in/sale2.csv",
            &format!(
                "firm,buyer,amount,units\n{OWN},甲,10.5,1\n{OWN},乙,123456,2\n{OTHER},秘密客户,777,42\n"
            ),
        );
        node.ingest("in/sale2.csv", "sales").await;
        node.file("in/place.csv", "code,name\n330100,杭州市\n330200,宁波市\n");
        node.ingest("in/place.csv", "places").await;
        node
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    pub async fn ingest(&self, path: impl AsRef<Path>, mapping: &str) {
        let request = IngestRequest {
            path: self.folder.path().join(path),
            mapping: mapping.to_owned(),
            options: IngestOptions { skip_models: true, ..IngestOptions::default() },
        };
        self.warehouse.ingest(&administrator(), request, Progress::new(), Cancel::new()).await.unwrap();
    }

    /// Close and open again, as after a restart.
    pub async fn reopened(self) -> Self {
        let Self { warehouse, trust, store, folder } = self;
        store.close().await.unwrap();
        drop((warehouse, trust, store));
        let (warehouse, trust, store) = open(folder.path()).await;
        Self { warehouse, trust, store, folder }
    }

    /// Rows of a query as text, columns joined with `|`, or the failure.
    pub async fn rows(&self, party: &Party, sql: &str) -> Result<Vec<String>, Failure> {
        let session = self.warehouse.session(party, "sql");
        let stream = session.sql(sql, QueryLimits::default(), Cancel::new()).await.map_err(Failure::from)?;
        let (batches, _) = stream.collect().await.map_err(Failure::from)?;
        let mut rows = Vec::new();
        for batch in &batches {
            for row in 0..batch.num_rows() {
                let cells = batch.columns().iter().map(|column| array_value_to_string(column, row).unwrap());
                rows.push(cells.collect::<Vec<_>>().join("|"));
            }
        }
        Ok(rows)
    }

    #[track_caller]
    pub fn refused<T: std::fmt::Debug>(result: Result<T, Failure>, kind: ErrorKind) -> Failure {
        let failure = result.expect_err("must be refused");
        assert_eq!(failure.kind, kind, "{failure:?}");
        failure
    }

    /// Take every grant back.
    pub async fn revoke_everything(&self) {
        let grants = self.trust.grants();
        let all = grants
            .list(&party(Role::SecurityAdministrator, None), false, brain_store::PageRequest::new(1, 1000))
            .await
            .unwrap();
        for card in all.items {
            grants.revoke(&party(Role::SecurityAdministrator, None), &card.id).await.unwrap();
        }
    }

    pub async fn grant(&self, new: NewGrant) -> String {
        self.trust.grants().issue(&party(Role::SecurityAdministrator, None), new).await.unwrap().id
    }
}

async fn open(folder: &Path) -> (Warehouse, Trust, Store) {
    let clock = Arc::new(SystemClock);
    let url = format!("sqlite:{}", folder.join("brain.db").display());
    let store = Store::open(&url, clock.clone()).await.unwrap();
    let trust =
        Trust::open(store.clone(), &folder.join("keys"), clock.clone(), brain_trust::Settings::default())
            .await
            .unwrap();
    let options = Options { root: folder.to_owned(), ..Options::default() };
    let warehouse = Warehouse::open(options, store.clone(), trust.clone(), clock).await.unwrap();
    (warehouse, trust, store)
}
