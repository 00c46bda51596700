//! A warehouse in a temporary folder, with parties to act for.

use crate::engine::{Engine, attach};
use brain_egress::Egress;
use brain_kernel::clock::SystemClock;
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::party::{Party, Role};
use brain_kernel::progress::{Cancel, Progress};
use brain_kernel::uscc::Uscc;
use brain_store::Store;
use brain_testkit::{ACCESS_KEY_ID, BUCKET, ObjectServer, SECRET_ACCESS_KEY};
use brain_trust::{NewGrant, Trust};
use brain_warehouse::ingest::{IngestOptions, IngestRequest};
use brain_warehouse::query::QueryLimits;
use brain_warehouse::{ObjectLake, ObjectPlace, Options, Warehouse};
use datafusion::arrow::util::display::array_value_to_string;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub const OWN: &str = "91330681716195421C";
pub const OTHER: &str = "91330782712588420C";

pub struct Node {
    pub warehouse: Warehouse,
    pub trust: Trust,
    pub store: Store,
    /// What answers its SQL; before the folder, for it reads from there.
    _engine: Engine,
    folder: tempfile::TempDir,
    place: Place,
}

/// Where a node keeps its tables and its operational state; the default is its folder for both.
#[derive(Clone, Default)]
pub struct Place {
    pub objects: Option<Arc<ObjectServer>>,
    /// Address of an empty PostgreSQL database.
    pub database: Option<String>,
    /// Whether the process answers by itself even where these tests are those of a cluster.
    #[allow(dead_code, reason = "the tests of a cluster read it")]
    pub alone: bool,
    /// MiB one query may take; the default of the program where it is 0.
    pub query_memory_mib: u64,
}

impl Place {
    /// Tables on an object store of their own.
    pub fn objects() -> Self {
        Self { objects: Some(Arc::new(ObjectServer::start())), ..Self::default() }
    }

    /// The object store as a node is told of it.
    pub fn lake(&self) -> Option<ObjectLake> {
        let server = self.objects.as_ref()?;
        let egress = Egress::new(&brain_egress::Options::default()).unwrap();
        egress.permit(&server.endpoint()).unwrap();
        Some(ObjectLake {
            place: ObjectPlace::parse(&format!("s3://{BUCKET}/node/one"), &server.endpoint()).unwrap(),
            region: "us-east-1".to_owned(),
            access_key_id: ACCESS_KEY_ID.to_owned(),
            secret_access_key: SECRET_ACCESS_KEY.into(),
            egress,
        })
    }
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
        Self::empty_in(Place::default()).await
    }

    pub async fn empty_in(place: Place) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (warehouse, trust, store) = open(folder.path(), &place).await.unwrap();
        let engine = attach(&warehouse, folder.path(), &place);
        Self { warehouse, trust, store, _engine: engine, folder, place }
    }

    /// A node with a restricted table `raw.sale` of two firms in two versions, and a public one `raw.place`.
    pub async fn loaded() -> Self {
        Self::loaded_in(Place::default()).await
    }

    pub async fn loaded_in(place: Place) -> Self {
        let node = Self::empty_in(place).await;
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
        let Self { warehouse, trust, store, _engine: engine, folder, place } = self;
        store.close().await.unwrap();
        drop((warehouse, trust, store, engine));
        let (warehouse, trust, store) = open(folder.path(), &place).await.unwrap();
        let engine = attach(&warehouse, folder.path(), &place);
        Self { warehouse, trust, store, _engine: engine, folder, place }
    }

    /// Data files of a table, wherever they lie.
    pub fn table_files(&self, table: &str) -> Vec<String> {
        let (zone, name) = table.split_once('.').unwrap();
        let mut files = match &self.place.objects {
            Some(server) => {
                let below = format!("node/one/{zone}/{name}/");
                let objects = server.objects(&below).into_iter();
                objects.filter_map(|object| object.strip_prefix(&below).map(str::to_owned)).collect()
            }
            None => match std::fs::read_dir(self.path().join("lake").join(zone).join(name)) {
                Ok(entries) => {
                    entries.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect()
                }
                Err(_) => Vec::new(),
            },
        };
        files.retain(|file| file.ends_with(".parquet") && !file.contains('/'));
        files.sort();
        files
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

/// Open a node's parts; what the warehouse refuses is the caller's to judge.
pub async fn open(folder: &Path, place: &Place) -> brain_warehouse::Result<(Warehouse, Trust, Store)> {
    let clock = Arc::new(SystemClock);
    let own = format!("sqlite:{}", folder.join("brain.db").display());
    let store = Store::open(place.database.as_ref().unwrap_or(&own), clock.clone()).await.unwrap();
    let trust =
        Trust::open(store.clone(), &folder.join("keys"), clock.clone(), brain_trust::Settings::default())
            .await
            .unwrap();
    let mut options = Options { root: folder.to_owned(), ..Options::default() };
    if place.query_memory_mib > 0 {
        (options.query_memory_mib, options.memory_limit_mib) =
            (place.query_memory_mib, place.query_memory_mib);
    }
    let (on, trusted) = (store.clone(), trust.clone());
    let warehouse = match place.lake() {
        Some(lake) => Warehouse::open_on(options, &lake, on, trusted, clock).await,
        None => Warehouse::open(options, on, trusted, clock).await,
    };
    Ok((warehouse?, trust, store))
}
