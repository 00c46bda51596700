//! Connectors: where data is fetched from, when, and what came of it. For system administrators alone.

use crate::answer::{Done, Page, Reply};
use crate::call::{Call, Json, NoQuery};
use crate::endpoint::Endpoint;
use crate::paging::PageQuery;
use axum::http::Method;
use brain_kernel::error::Failure;
use brain_warehouse::connect::{Connector, ConnectorRun, ConnectorTest, Finding, MANAGERS, NewConnector};
use schemars::JsonSchema;
use serde::Deserialize;

/// Refusals of settings.
const SETTING_CODES: [&str; 5] = [
    "warehouse/connector",
    "warehouse/connector-exists",
    "warehouse/connectors-full",
    "warehouse/unknown-connector",
    "connect/setting",
];

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ChangedConnector {
    /// 读到的修订号 · Revision that was read.
    revision: i64,
    /// 新内容；数据源类型不能改变 · What it shall be; the kind of its source stays.
    connector: NewConnector,
    /// 从头读取 · Read from the beginning again.
    #[serde(default)]
    from_the_beginning: bool,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct RemoveQuery {
    /// 读到的修订号 · Revision that was read.
    revision: i64,
}

pub(crate) fn endpoints() -> Vec<Endpoint> {
    let one = "/api/v1/connectors/{id}";
    [
        Endpoint::new(Method::GET, "/api/v1/connectors", "connectors_list", list)
            .about("数据连接器", "Connectors")
            .roles(&MANAGERS),
        Endpoint::new(Method::POST, "/api/v1/connectors", "connectors_create", create)
            .about("新建数据连接器", "Make a connector")
            .roles(&MANAGERS)
            .status(201)
            .codes(&SETTING_CODES),
        Endpoint::new(Method::POST, "/api/v1/connectors/test", "connectors_test", test)
            .about("试连数据源", "Reach a source and say what is there")
            .roles(&MANAGERS)
            .codes(&[
                "connect/setting",
                "connect/status",
                "connect/answer",
                "connect/database",
                "connect/changes",
                "connect/store",
                "connect/unwanted",
                "connect/folder",
                "connect/too-much",
                "egress/not-listed",
                "egress/address",
                "warehouse/unknown-connector",
            ]),
        Endpoint::new(Method::PUT, one, "connectors_change", change)
            .about("修改数据连接器", "Change a connector")
            .roles(&MANAGERS)
            .codes(&[
                "warehouse/connector",
                "warehouse/connector-exists",
                "warehouse/unknown-connector",
                "connect/setting",
                "store/stale",
            ]),
        Endpoint::new(Method::DELETE, one, "connectors_remove", remove)
            .about("删除数据连接器；已入仓的数据保留", "Remove a connector; what landed stays")
            .roles(&MANAGERS)
            .status(204)
            .codes(&["warehouse/unknown-connector", "store/stale", "connect/database"]),
        Endpoint::new(Method::POST, "/api/v1/connectors/{id}/run", "connectors_run", run)
            .about("立即运行；结果见运行记录", "Run now; the list of runs says what came of it")
            .roles(&MANAGERS)
            .status(202)
            .codes(&[
                "warehouse/unknown-connector",
                "warehouse/connector-disabled",
                "warehouse/connector-running",
            ]),
        Endpoint::new(Method::POST, "/api/v1/connectors/{id}/stop", "connectors_stop", stop)
            .about("停止正在进行的运行", "Stop the run under way")
            .roles(&MANAGERS)
            .status(204)
            .codes(&["warehouse/unknown-connector"]),
        Endpoint::new(Method::GET, "/api/v1/connectors/{id}/runs", "connectors_runs", runs)
            .about("运行记录，最近的在前", "Runs of a connector, newest first")
            .roles(&MANAGERS)
            .codes(&["warehouse/unknown-connector"]),
    ]
    .map(|endpoint| endpoint.tag("connectors"))
    .into()
}

async fn list(call: Call) -> Result<Reply<Vec<Connector>>, Failure> {
    Ok(call.app.connectors.list(call.party()?).await?.into())
}

async fn create(call: Call<NoQuery, Json<NewConnector>>) -> Result<Reply<Connector>, Failure> {
    let actor = call.party()?.clone();
    Ok(call.app.connectors.create(&actor, call.body.0).await?.into())
}

async fn test(call: Call<NoQuery, Json<ConnectorTest>>) -> Result<Reply<Finding>, Failure> {
    let actor = call.party()?.clone();
    Ok(call.app.connectors.test(&actor, call.body.0).await?.into())
}

async fn change(call: Call<NoQuery, Json<ChangedConnector>>) -> Result<Reply<Connector>, Failure> {
    let (actor, id) = (call.party()?.clone(), call.path("id")?.to_owned());
    let ChangedConnector { revision, connector, from_the_beginning } = call.body.0;
    Ok(call.app.connectors.change(&actor, &id, revision, connector, from_the_beginning).await?.into())
}

async fn remove(call: Call<RemoveQuery>) -> Result<Done, Failure> {
    call.app.connectors.remove(call.party()?, call.path("id")?, call.query.revision).await?;
    Ok(Done::default())
}

async fn run(call: Call) -> Result<Reply<ConnectorRun>, Failure> {
    Ok(call.app.connectors.start(call.party()?, call.path("id")?).await?.into())
}

async fn stop(call: Call) -> Result<Done, Failure> {
    call.app.connectors.stop(call.party()?, call.path("id")?).await?;
    Ok(Done::default())
}

async fn runs(call: Call<PageQuery>) -> Result<Reply<Page<ConnectorRun>>, Failure> {
    let page = call.query.request();
    Ok(Page::from(call.app.connectors.runs(call.party()?, call.path("id")?, page).await?).into())
}
