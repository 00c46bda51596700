//! The catalogue and a dataset's lineage in the vocabularies of the web of data: DCAT 3 and PROV-O.

use crate::answer::{Answer, AnswerShape};
use crate::call::Call;
use crate::endpoint::{Audience, Endpoint};
use crate::error::Error;
use axum::body::Body;
use axum::http::{HeaderValue, Method, Response, StatusCode, header};
use brain_kernel::error::Failure;
use brain_kernel::language::Text;
use brain_trust::Site;
use schemars::{SchemaGenerator, json_schema};
use serde_json::Value;

/// JSON-LD 1.1, section C.
const JSON_LD: &str = "application/ld+json";

pub(crate) fn endpoints() -> Vec<Endpoint> {
    [
        Endpoint::new(Method::GET, "/api/v1/catalogue.jsonld", "catalogue_dcat", catalogue)
            .about("数据目录，DCAT 3（JSON-LD）", "The catalogue as DCAT 3 in JSON-LD")
            .audience(Audience::SignedIn),
        Endpoint::new(Method::GET, "/api/v1/datasets/{name}/lineage.jsonld", "datasets_prov", lineage)
            .about("一个数据集的来历，PROV-O（JSON-LD）", "Where a dataset comes from, as PROV-O in JSON-LD")
            .audience(Audience::SignedIn)
            .codes(&["warehouse/unknown-dataset", "warehouse/unknown-version"]),
    ]
    .map(|endpoint| endpoint.tag("datasets"))
    .into()
}

/// A document of linked data.
pub(crate) struct LinkedData(Value);

impl Answer for LinkedData {
    fn respond(self, status: u16) -> Result<Response<Body>, Failure> {
        let bytes = serde_json::to_vec(&self.0).map_err(|error| Error::Internal(error.to_string()))?;
        let mut response = Response::new(Body::from(bytes));
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(JSON_LD));
        Ok(response)
    }

    fn shapes(_: &mut SchemaGenerator) -> Vec<AnswerShape> {
        let schema = json_schema!({ "type": "object", "required": ["@context"] });
        vec![AnswerShape { media_type: JSON_LD, schema }]
    }
}

async fn catalogue(call: Call) -> Result<LinkedData, Failure> {
    let name = &call.app.options.node_name;
    let title = Text::new(name.clone(), name.clone());
    Ok(LinkedData(call.app.warehouse.catalogue().dcat(base(&call), &title).await?))
}

async fn lineage(call: Call) -> Result<LinkedData, Failure> {
    Ok(LinkedData(call.app.warehouse.catalogue().prov(base(&call), call.path("name")?).await?))
}

/// The public address, so that the document means the same wherever it is copied to; without one, addresses are
/// relative.
fn base(call: &Call) -> &str {
    call.app.options.site.as_ref().map_or("", Site::origin)
}
