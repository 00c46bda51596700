//! Data standards: code lists, mappings, data elements, and the columns bound to them.

use crate::answer::{Done, Page, Reply};
use crate::call::{Call, Json, NoQuery};
use crate::endpoint::{Audience, Endpoint};
use axum::http::Method;
use brain_kernel::error::Failure;
use brain_kernel::party::Role;
use brain_standards::element::Status;
use brain_standards::list::Code;
use brain_warehouse::registers::{
    Binding, CodeQuery, ElementCard, ElementDetail, Imported, Judged, ListCard, Mapped, MappingCard,
    NewBinding, NewElements, NewList, NewMapping, Registers, WRITERS,
};
use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Those who answer for data bind its columns.
const OWNERS: [Role; 3] = [Role::Government, Role::IndustryBody, Role::Enterprise];

#[derive(Debug, Serialize, JsonSchema)]
struct CodeLists {
    /// Built-in lists first, then the others by id.
    lists: Vec<ListCard>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct CodeMappings {
    /// By id.
    mappings: Vec<MappingCard>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct DataElements {
    /// By id; of each the version that counts.
    elements: Vec<ElementCard>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ElementBindings {
    /// By dataset and column.
    bindings: Vec<Binding>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct JudgeQuery {
    /// 要核对的值 · Value to hold against the list.
    #[schemars(length(max = 200))]
    value: String,
    /// 日期；默认今天 · Day; today where absent.
    on: Option<NaiveDate>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct MapQuery {
    /// 要对照的代码 · Code to map.
    #[schemars(length(max = 64))]
    code: String,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct ElementQuery {
    /// 标识符、名称或定义中的文字 · Text in id, name or definition.
    #[schemars(length(max = 200))]
    text: Option<String>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct BindingQuery {
    /// 数据集 · Dataset.
    #[schemars(length(max = 200))]
    dataset: Option<String>,
    /// 数据元 · Element.
    #[schemars(length(max = 64))]
    element: Option<String>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct UnbindQuery {
    /// 数据集 · Dataset.
    #[schemars(length(max = 200))]
    dataset: String,
    /// 字段 · Column.
    #[schemars(length(max = 200))]
    column: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewStatus {
    /// 新状态：current 发布，retired 废止 · `current` or `retired`.
    status: Status,
    /// 所见的修订号 · Revision that was seen.
    revision: i64,
}

pub(crate) fn endpoints() -> Vec<Endpoint> {
    let lists = "/api/v1/standards/lists";
    let mappings = "/api/v1/standards/mappings";
    let elements = "/api/v1/standards/elements";
    let bindings = "/api/v1/standards/bindings";
    [
        Endpoint::new(Method::GET, lists, "standards_lists", list_lists)
            .about("代码表", "Code lists")
            .audience(Audience::SignedIn),
        Endpoint::new(Method::POST, lists, "standards_lists_import", import_list)
            .about("导入代码表", "Import a code list")
            .roles(&WRITERS)
            .status(201)
            .codes(&[
                "standards/toml",
                "standards/table",
                "standards/value",
                "warehouse/code-list-built-in",
                "warehouse/code-list-drops",
                "warehouse/code-list-exists",
                "warehouse/code-lists-full",
                "store/stale",
            ]),
        Endpoint::new(Method::GET, "/api/v1/standards/lists/{id}/codes", "standards_codes", codes)
            .about("代码表中的代码", "Codes of a list")
            .audience(Audience::SignedIn)
            .codes(&["warehouse/unknown-code-list", "warehouse/register-query"]),
        Endpoint::new(Method::GET, "/api/v1/standards/lists/{id}/judge", "standards_judge", judge)
            .about(
                "核对一个值，并给出可能的代码",
                "Hold a value against a list, with codes that were perhaps meant",
            )
            .audience(Audience::SignedIn)
            .codes(&["warehouse/unknown-code-list"]),
        Endpoint::new(Method::GET, mappings, "standards_mappings", list_mappings)
            .about("对照表", "Mappings between code lists")
            .audience(Audience::SignedIn),
        Endpoint::new(Method::POST, mappings, "standards_mappings_import", import_mapping)
            .about("导入对照表", "Import a mapping")
            .roles(&WRITERS)
            .status(201)
            .codes(&[
                "standards/toml",
                "standards/table",
                "standards/value",
                "standards/product-code",
                "standards/unknown-product",
                "warehouse/unknown-code-list",
                "warehouse/mapping-exists",
                "warehouse/mappings-full",
                "store/stale",
            ]),
        Endpoint::new(Method::GET, "/api/v1/standards/mappings/{id}", "standards_map", map)
            .about("按对照表转换一个代码", "What a code becomes in a mapping")
            .audience(Audience::SignedIn)
            .codes(&["warehouse/unknown-mapping"]),
        Endpoint::new(Method::GET, elements, "standards_elements", list_elements)
            .about("数据元", "Data elements")
            .audience(Audience::SignedIn)
            .codes(&["warehouse/register-query"]),
        Endpoint::new(Method::POST, elements, "standards_elements_import", import_elements)
            .about("导入数据元", "Import data elements")
            .roles(&WRITERS)
            .codes(&[
                "standards/toml",
                "standards/table",
                "standards/value",
                "standards/unknown-unit",
                "warehouse/unknown-code-list",
                "warehouse/elements-full",
            ]),
        Endpoint::new(Method::GET, "/api/v1/standards/elements/{id}", "standards_element_show", element)
            .about("一个数据元：版本和绑定", "One data element with its versions and bindings")
            .audience(Audience::SignedIn)
            .codes(&["warehouse/unknown-element"]),
        Endpoint::new(
            Method::PUT,
            "/api/v1/standards/elements/{id}/status",
            "standards_element_status",
            set_status,
        )
        .about("发布或废止数据元", "Put a data element in force, or take it out of it")
        .roles(&WRITERS)
        .codes(&["warehouse/unknown-element", "warehouse/element-status", "store/stale"]),
        Endpoint::new(Method::GET, bindings, "standards_bindings", list_bindings)
            .about("绑定数据元的字段", "Columns bound to data elements")
            .audience(Audience::SignedIn),
        Endpoint::new(Method::PUT, bindings, "standards_bind", bind)
            .about("把字段绑定到数据元", "Bind a column to a data element")
            .roles(&OWNERS)
            .codes(&[
                "warehouse/unknown-dataset",
                "warehouse/binding-not-owner",
                "warehouse/unknown-column",
                "warehouse/unknown-element",
                "warehouse/bindings-full",
            ]),
        Endpoint::new(Method::DELETE, bindings, "standards_unbind", unbind)
            .about("解除字段的绑定", "Loosen a column from its data element")
            .roles(&OWNERS)
            .status(204)
            .codes(&[
                "warehouse/unknown-dataset",
                "warehouse/binding-not-owner",
                "warehouse/unknown-binding",
            ]),
    ]
    .map(|endpoint| endpoint.tag("standards"))
    .into()
}

fn registers<Q, B>(call: &Call<Q, B>) -> Registers {
    call.app.warehouse.registers()
}

async fn list_lists(call: Call) -> Result<Reply<CodeLists>, Failure> {
    Ok(CodeLists { lists: registers(&call).lists().await? }.into())
}

async fn import_list(call: Call<NoQuery, Json<NewList>>) -> Result<Reply<ListCard>, Failure> {
    let (_, Json(new), call) = call.apart();
    Ok(registers(&call).import_list(call.party()?, new).await?.into())
}

async fn codes(call: Call<CodeQuery>) -> Result<Reply<Page<Code>>, Failure> {
    Ok(Page::from(registers(&call).codes(call.path("id")?, &call.query).await?).into())
}

async fn judge(call: Call<JudgeQuery>) -> Result<Reply<Judged>, Failure> {
    let JudgeQuery { value, on } = &call.query;
    Ok(registers(&call).judge(call.path("id")?, value, *on).await?.into())
}

async fn list_mappings(call: Call) -> Result<Reply<CodeMappings>, Failure> {
    Ok(CodeMappings { mappings: registers(&call).mappings().await? }.into())
}

async fn import_mapping(call: Call<NoQuery, Json<NewMapping>>) -> Result<Reply<MappingCard>, Failure> {
    let (_, Json(new), call) = call.apart();
    Ok(registers(&call).import_mapping(call.party()?, new).await?.into())
}

async fn map(call: Call<MapQuery>) -> Result<Reply<Mapped>, Failure> {
    Ok(registers(&call).map(call.path("id")?, &call.query.code).await?.into())
}

async fn list_elements(call: Call<ElementQuery>) -> Result<Reply<DataElements>, Failure> {
    Ok(DataElements { elements: registers(&call).elements(call.query.text.as_ref()).await? }.into())
}

async fn import_elements(call: Call<NoQuery, Json<NewElements>>) -> Result<Reply<Imported>, Failure> {
    let (_, Json(new), call) = call.apart();
    Ok(registers(&call).import_elements(call.party()?, new).await?.into())
}

async fn element(call: Call) -> Result<Reply<ElementDetail>, Failure> {
    Ok(registers(&call).element(call.path("id")?).await?.into())
}

async fn set_status(call: Call<NoQuery, Json<NewStatus>>) -> Result<Reply<ElementCard>, Failure> {
    let (_, Json(NewStatus { status, revision }), call) = call.apart();
    Ok(registers(&call).set_status(call.party()?, call.path("id")?, status, revision).await?.into())
}

async fn list_bindings(call: Call<BindingQuery>) -> Result<Reply<ElementBindings>, Failure> {
    let BindingQuery { dataset, element } = &call.query;
    let bindings = registers(&call).bindings(dataset.as_deref(), element.as_deref()).await?;
    Ok(ElementBindings { bindings }.into())
}

async fn bind(call: Call<NoQuery, Json<NewBinding>>) -> Result<Reply<Binding>, Failure> {
    let (_, Json(new), call) = call.apart();
    Ok(registers(&call).bind(call.party()?, new).await?.into())
}

async fn unbind(call: Call<UnbindQuery>) -> Result<Done, Failure> {
    let UnbindQuery { dataset, column } = &call.query;
    registers(&call).unbind(call.party()?, dataset, column).await?;
    Ok(Done::default())
}
