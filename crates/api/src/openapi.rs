//! The OpenAPI 3.1 document, made from the same rows as the routes.

use crate::answer::AnswerShape;
use crate::endpoint::{Audience, BodyShape, Endpoint, Spoken};
use crate::problem::{MEDIA_TYPE, Problem};
use axum::http::Method;
use schemars::generate::{SchemaGenerator, SchemaSettings};
use serde_json::{Map, Value, json};

/// Statuses a refusal may have, with the words the document gives them.
const REFUSALS: [(&str, &str); 13] = [
    ("400", "请求有误 · Invalid request"),
    ("401", "需要登录 · Sign-in needed"),
    ("403", "没有权限 · Not permitted"),
    ("404", "不存在 · Not found"),
    ("405", "方法不支持 · Method not allowed"),
    ("409", "状态冲突 · Conflict with the present state"),
    ("413", "内容过大 · Body too large"),
    ("415", "内容类型不对 · Wrong content type"),
    ("429", "超出限额 · Limit reached"),
    ("499", "已停止 · Cancelled or out of time"),
    ("500", "内部错误 · Internal error"),
    ("503", "暂不可用 · Unavailable"),
    ("507", "磁盘已满 · Insufficient storage"),
];

/// What the listener refuses before an operation hears of it, whichever was meant: a bare status, without a problem
/// document and without a trace id.
const UNHEARD: (&str, &str) =
    ("431", "请求头（含地址）过大 · Head of the request, its address included, too large");

/// The document of these endpoints.
pub(crate) fn document(endpoints: &[Endpoint], version: &str) -> Value {
    let mut requests = generator(true);
    let mut answers = generator(false);
    let mut paths = Map::new();
    for endpoint in endpoints {
        let operation = operation(endpoint, &mut requests, &mut answers);
        // A parameter that spans several segments is an ordinary one to the document.
        let item = paths.entry(endpoint.path.replace("{*", "{")).or_insert_with(|| json!({}));
        if let Some(item) = item.as_object_mut() {
            item.insert(endpoint.method.as_str().to_lowercase(), operation);
        }
    }
    let problem = answers.subschema_for::<Problem>();
    let refusals = REFUSALS.iter().map(|(status, words)| {
        let content = json!({ MEDIA_TYPE: { "schema": problem.clone() } });
        let headers = json!({ "x-trace-id": { "$ref": "#/components/headers/TraceId" } });
        ((*status).to_owned(), json!({ "description": words, "content": content, "headers": headers }))
    });
    let unheard = (UNHEARD.0.to_owned(), json!({ "description": UNHEARD.1 }));
    let refusals: Map<String, Value> =
        refusals.chain([unheard]).map(|(status, value)| (format!("Refusal{status}"), value)).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "产业大脑 · Industry Brain",
            "version": version,
            "summary": "数据、产业链图谱、能力组件与存证的接口。 Data, chain graph, components and evidence of one node.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" }
        },
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "servers": [{ "url": "/" }],
        "tags": tags(),
        "paths": paths,
        "components": {
            "schemas": answers.take_definitions(true),
            "responses": refusals,
            "headers": { "TraceId": {
                "required": true,
                "description": "日志中查找此请求的编号 · Number of this request in the node's log",
                "schema": { "type": "string", "pattern": "^[0-9a-f]{32}$" }
            } },
            "securitySchemes": {
                "bearer": { "type": "http", "scheme": "bearer",
                    "description": "会话令牌或接口密钥 · Session token or API key" },
                "cookie": { "type": "apiKey", "in": "cookie", "name": crate::cookie::name(false),
                    "description": "浏览器会话；修改类请求还须带请求头 x-brain-request: 1 · \
                        Browser session; changes also need the header x-brain-request: 1" }
            }
        }
    })
}

/// Requests are written in place: the same type may look different read and written (defaults, aliases).
pub(crate) fn generator(inline: bool) -> SchemaGenerator {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.meta_schema = None;
        settings.inline_subschemas = inline;
        settings.definitions_path = "/components/schemas".into();
    });
    let settings = if inline { settings.for_deserialize() } else { settings.for_serialize() };
    settings.into_generator()
}

fn tags() -> Value {
    json!([
        { "name": "node", "description": "节点 · The node" },
        { "name": "session", "description": "登录与会话 · Sign-in and session" },
        { "name": "accounts", "description": "账号与密钥 · Accounts and keys" },
        { "name": "federation", "description": "联合登录 · Federated sign-in (OpenID Connect)" },
        { "name": "grants", "description": "授权 · Grants" },
        { "name": "requests", "description": "数据申请 · Requests for access" },
        { "name": "access", "description": "权限与策略 · Who can see what, and the rules" },
        { "name": "datasets", "description": "数据目录 · Catalogue" },
        { "name": "data_products", "description": "数据产品 · Data products" },
        { "name": "search", "description": "检索 · Search" },
        { "name": "connectors", "description": "数据连接器 · Connectors" },
        { "name": "exchange", "description": "数据交换 · Exchange with other nodes" },
        { "name": "terms", "description": "业务术语 · Business terms" },
        { "name": "standards", "description": "数据标准 · Data standards" },
        { "name": "master", "description": "主数据 · Master data" },
        { "name": "matching", "description": "实体匹配 · Entity resolution" },
        { "name": "corpora", "description": "语料库 · Corpora" },
        { "name": "lineage", "description": "数据血缘 · Lineage" },
        { "name": "quality", "description": "数据质量 · Data quality" },
        { "name": "models", "description": "数据模型 · SQL models" },
        { "name": "grading", "description": "分类分级 · Classification and grading" },
        { "name": "ingest", "description": "入库 · Ingest" },
        { "name": "sql", "description": "查询 · SQL" },
        { "name": "components", "description": "能力组件 · Components" },
        { "name": "map", "description": "地图边界 · Map boundaries" },
        { "name": "evidence", "description": "存证 · Evidence" },
        { "name": "audit", "description": "审计 · Audit" },
        { "name": "incidents", "description": "安全事件 · Incidents" },
        { "name": "status", "description": "节点状态与合规 · Status of nodes, compliance" }
    ])
}

fn operation(endpoint: &Endpoint, requests: &mut SchemaGenerator, answers: &mut SchemaGenerator) -> Value {
    let mut operation = json!({
        "operationId": endpoint.id,
        "tags": [endpoint.tag],
        "summary": format!("{} · {}", endpoint.summary.zh, endpoint.summary.en),
        "parameters": parameters(endpoint, requests),
        "responses": responses(endpoint, answers),
        "security": security(&endpoint.audience),
        "x-audience": audience(&endpoint.audience),
    });
    let Some(fields) = operation.as_object_mut() else { return operation };
    if !endpoint.codes.is_empty() {
        fields.insert("x-error-codes".to_owned(), json!(endpoint.codes));
    }
    let body = match &endpoint.component {
        Some(component) => Some(("application/json", component_body(&component.parameters))),
        None => {
            (endpoint.body)(requests).map(|BodyShape { media_type, schema }| (media_type, schema.to_value()))
        }
    };
    if let Some((media_type, schema)) = body {
        let content = json!({ media_type: { "schema": schema } });
        fields.insert("requestBody".to_owned(), json!({ "required": true, "content": content }));
    }
    operation
}

/// A component takes its parameters under `params`, beside what belongs to the run and not to the component.
fn component_body(parameters: &Value) -> Value {
    let needs = parameters.get("required").and_then(Value::as_array).is_some_and(|names| !names.is_empty());
    let required: &[&str] = if needs { &["params"] } else { &[] };
    json!({
        "type": "object",
        "required": required,
        "additionalProperties": false,
        "properties": {
            "params": parameters,
            "purpose": {
                "type": ["string", "null"], "maxLength": 200,
                "description": "用途 · Why it is run; bound to the grant"
            }
        }
    })
}

fn parameters(endpoint: &Endpoint, requests: &mut SchemaGenerator) -> Value {
    let mut list = Vec::new();
    for name in path_names(&endpoint.path) {
        list.push(json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }));
    }
    let query = (endpoint.query)(requests).to_value();
    let required: Vec<&str> = query
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    for (name, schema) in query.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let mut schema = schema.clone();
        let optional = !required.contains(&name.as_str());
        let about =
            schema.as_object_mut().and_then(|fields| fields.remove("description")).unwrap_or_default();
        if optional {
            schema = or_empty(schema);
        }
        list.push(json!({
            "name": name, "in": "query", "required": !optional,
            "description": about.as_str().unwrap_or_default(), "schema": schema
        }));
    }
    for (name, about) in endpoint.headers {
        list.push(json!({
            "name": name, "in": "header", "required": false, "description": about, "schema": { "type": "string" }
        }));
    }
    list.push(json!({
        "name": "lang", "in": "query", "required": false,
        "description": "提示语言 zh 或 en，优先于 Accept-Language，其他值不起作用 · Language of refusals, zh or en, before \
            Accept-Language; anything else is as if it were left out",
        "schema": { "type": "string", "examples": ["zh", "en"] }
    }));
    Value::Array(list)
}

/// The schema of an optional parameter of a query: an empty value, as forms send it, is as good as none.
fn or_empty(mut schema: Value) -> Value {
    let Some(fields) = schema.as_object_mut() else { return schema };
    fields.remove("minLength");
    let kinds = fields.get("type").map(Value::to_string).unwrap_or_default();
    // A plain text may be empty anyway; a number, a moment or one of several words may not.
    let plain = kinds.contains("string") && !fields.contains_key("format") && !fields.contains_key("enum");
    if plain { schema } else { json!({ "anyOf": [schema, { "type": "string", "maxLength": 0 }] }) }
}

/// Names in braces, in order.
pub(crate) fn path_names(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| {
        let inner = part.strip_prefix('{')?.strip_suffix('}')?;
        Some(inner.strip_prefix('*').unwrap_or(inner))
    })
}

fn responses(endpoint: &Endpoint, answers: &mut SchemaGenerator) -> Value {
    let mut content = Map::new();
    for AnswerShape { media_type, schema } in (endpoint.answer)(answers) {
        content.insert(media_type.to_owned(), json!({ "schema": schema }));
    }
    if let Some(component) = &endpoint.component {
        let outcome = json!({
            "type": "object",
            "required": ["result", "provenance", "seconds"],
            "properties": {
                "result": component.result,
                "provenance": answers.subschema_for::<brain_kernel::provenance::Provenance>(),
                "seconds": { "type": "number" }
            }
        });
        content.insert("application/json".to_owned(), json!({ "schema": outcome }));
    }
    let headers = json!({ "x-trace-id": { "$ref": "#/components/headers/TraceId" } });
    let mut good = json!({ "description": "成功 · Success", "headers": headers });
    if let (false, Some(fields)) = (content.is_empty(), good.as_object_mut()) {
        fields.insert("content".to_owned(), Value::Object(content));
    }
    let mut responses = Map::new();
    responses.insert(endpoint.status.to_string(), good);
    if let Some(shape) = endpoint.deferred {
        let headers = json!({
            "x-trace-id": { "$ref": "#/components/headers/TraceId" },
            "location": {
                "required": true,
                "description": "结果的地址 · Where to ask for the result",
                "schema": { "type": "string" }
            }
        });
        let content = json!({ "application/json": { "schema": shape(answers) } });
        let later = json!({
            "description": "已在后台运行 · Running in the background", "headers": headers, "content": content
        });
        responses.insert("202".to_owned(), later);
    }
    for (status, _) in REFUSALS.into_iter().chain([UNHEARD]) {
        if applies(endpoint, status) {
            let reference = format!("#/components/responses/Refusal{status}");
            responses.insert(status.to_owned(), json!({ "$ref": reference }));
        }
    }
    let problem = answers.subschema_for::<Problem>();
    for Spoken { status, media_type, words, shape } in endpoint.spoken {
        let known = responses.get(*status).is_some();
        let mut content = json!({ *media_type: { "schema": shape() } });
        if let (true, Some(fields)) = (known && *status != "200", content.as_object_mut()) {
            fields.insert(MEDIA_TYPE.to_owned(), json!({ "schema": problem.clone() }));
        }
        let headers = json!({ "x-trace-id": { "$ref": "#/components/headers/TraceId" } });
        let response = json!({ "description": words, "headers": headers, "content": content });
        responses.insert((*status).to_owned(), response);
    }
    Value::Object(responses)
}

/// Refusals for want of a good credential; an operation that is open to everybody names those of what is in its body.
const CREDENTIAL_CODES: [&str; 6] = [
    "trust/sign-in-refused",
    "trust/session-ended",
    "trust/second-factor-wrong",
    "trust/challenge-ended",
    "trust/vouching-ended",
    "trust/vouching-refused",
];

fn applies(endpoint: &Endpoint, status: &str) -> bool {
    let named = path_names(&endpoint.path).next().is_some() || endpoint.component.is_some();
    let sends = [Method::POST, Method::PUT, Method::PATCH].contains(&endpoint.method);
    let says = |meant: fn(&str) -> bool| endpoint.codes.iter().any(|code| meant(code));
    match status {
        "401" => endpoint.audience != Audience::Public || says(|code| CREDENTIAL_CODES.contains(&code)),
        "403" => endpoint.audience != Audience::Public || endpoint.method != Method::GET,
        "404" => {
            let missing = says(|code| code.ends_with("/not-found") || code.contains("/unknown-"));
            named || missing || endpoint.tag == "sql" || endpoint.tag == "ingest"
        }
        "405" => false,
        "409" => endpoint.method != Method::GET,
        "413" | "415" => sends,
        _ => true,
    }
}

fn security(audience: &Audience) -> Value {
    match audience {
        Audience::Public => json!([]),
        Audience::LocalOrAdministrator => json!([{}, { "bearer": [] }]),
        _ => json!([{ "bearer": [] }, { "cookie": [] }]),
    }
}

fn audience(audience: &Audience) -> Value {
    match audience.roles() {
        None => json!(["public"]),
        Some(roles) => {
            let mut names: Vec<&str> = roles.into_iter().map(brain_kernel::party::Role::name).collect();
            match audience {
                Audience::LocalOrAdministrator => names.push("local"),
                Audience::PeerOr(_) => names.push("peer"),
                _ => {}
            }
            json!(names)
        }
    }
}
