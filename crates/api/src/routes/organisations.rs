//! Organisations (机构) by unified social credit code, and other nodes (节点身份).

use crate::answer::{Done, Page, Reply};
use crate::call::{Call, Json, NoQuery};
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::paging::PageQuery;
use axum::http::Method;
use brain_kernel::error::Failure;
use brain_kernel::party::Role;
use brain_kernel::region::RegionCode;
use brain_kernel::uscc::Uscc;
use brain_trust::{NewNode, NodeCard, NodeState, OrganisationCard};
use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct OrganisationRequest {
    /// 登记名称 · Registered name.
    #[schemars(length(max = 200))]
    name: String,
    /// 所在地区 · Region of its seat.
    region: Option<RegionCode>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NodeRequest {
    /// 节点名称 · Name of the node.
    name: String,
    /// 节点角色：center、brain、edge · Its role.
    node_role: String,
    /// Ed25519 公钥，十六进制 · Public key, hexadecimal.
    #[schemars(length(min = 64, max = 64))]
    public_key: String,
    /// SM2 公钥，十六进制 · SM2 public key, hexadecimal.
    #[schemars(length(max = 130))]
    sm2_public_key: Option<String>,
    /// 节点地址，如 https://host:7600 · Where it is reached.
    #[schemars(length(max = 500))]
    base_url: Option<String>,
    /// 运营单位 · Organisation that runs it.
    organisation: Option<Uscc>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct StateRequest {
    /// active 或 revoked · `active` or `revoked`.
    state: NodeState,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AddressRequest {
    /// 节点地址，如 https://host:7600；http 仅限本机 · Where it is reached; http is for this machine only.
    #[schemars(length(max = 500))]
    base_url: String,
}

pub(crate) fn endpoints() -> Vec<Endpoint> {
    let nodes = "/api/v1/nodes";
    [
        Endpoint::new(Method::GET, "/api/v1/organisations", "organisations_list", list)
            .about("机构及其成员数", "Organisations and how many members they have")
            .roles(&Role::ADMINISTRATORS),
        Endpoint::new(Method::PUT, "/api/v1/organisations/{uscc}", "organisations_put", put)
            .about(
                "登记机构或更新其名称与地区；校验统一社会信用代码",
                "Record an organisation, or bring its name and region up to date; the credit code is checked",
            )
            .roles(&[Role::SystemAdministrator])
            .status(204)
            .codes(&["trust/invalid-argument", "api/malformed"]),
        Endpoint::new(Method::GET, nodes, "nodes_list", list_nodes)
            .about("其他节点", "Other nodes")
            .roles(&Role::ADMINISTRATORS),
        Endpoint::new(Method::POST, nodes, "nodes_register", register)
            .about(
                "登记节点及其公钥；须经安全管理员启用",
                "Register a node with its public key; the security administrator lets it speak",
            )
            .roles(&[Role::SystemAdministrator])
            .status(201)
            .codes(&["trust/invalid-argument", "store/already-exists"]),
        Endpoint::new(Method::PUT, "/api/v1/nodes/{id}/address", "nodes_address", address)
            .about("登记节点地址", "Say where a node is reached")
            .roles(&[Role::SystemAdministrator])
            .status(204)
            .codes(&["trust/not-found", "trust/invalid-argument"]),
        Endpoint::new(Method::PUT, "/api/v1/nodes/{id}/state", "nodes_state", state)
            .about("启用或吊销节点", "Let a node speak, or no longer")
            .roles(&[Role::SecurityAdministrator])
            .status(204)
            .codes(&["trust/not-found"]),
    ]
    .map(|endpoint| endpoint.tag("accounts"))
    .into()
}

async fn list(call: Call<PageQuery>) -> Result<Reply<Page<OrganisationCard>>, Failure> {
    let page = call.app.trust.identity().organisations(call.party()?, call.query.request()).await?;
    Ok(Page::from(page).into())
}

async fn put(call: Call<NoQuery, Json<OrganisationRequest>>) -> Result<Done, Failure> {
    let uscc = Uscc::parse(call.path("uscc")?).map_err(|reason| Error::Malformed {
        place: "path",
        pointer: "uscc".to_owned(),
        reason: reason.to_string(),
    })?;
    let Json(request) = &call.body;
    let identity = call.app.trust.identity();
    identity.put_organisation(call.party()?, &uscc, &request.name, request.region.as_ref()).await?;
    Ok(Done::default())
}

async fn list_nodes(call: Call<PageQuery>) -> Result<Reply<Page<NodeCard>>, Failure> {
    let page = call.app.trust.identity().nodes(call.party()?, call.query.request()).await?;
    Ok(Page::from(page).into())
}

async fn register(call: Call<NoQuery, Json<NodeRequest>>) -> Result<Reply<NodeCard>, Failure> {
    let actor = call.party()?.clone();
    let Json(request) = call.body;
    let new = NewNode {
        name: request.name,
        node_role: request.node_role,
        public_key: request.public_key,
        sm2_public_key: request.sm2_public_key,
        base_url: request.base_url,
        organisation: request.organisation,
    };
    Ok(call.app.trust.identity().register_node(&actor, new).await?.into())
}

async fn state(call: Call<NoQuery, Json<StateRequest>>) -> Result<Done, Failure> {
    call.app.trust.identity().set_node_state(call.party()?, call.path("id")?, call.body.0.state).await?;
    Ok(Done::default())
}

async fn address(call: Call<NoQuery, Json<AddressRequest>>) -> Result<Done, Failure> {
    let identity = call.app.trust.identity();
    identity.set_node_address(call.party()?, call.path("id")?, &call.body.0.base_url).await?;
    Ok(Done::default())
}
