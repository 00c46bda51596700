//! The bill of materials of the program that runs: its versions are what known vulnerabilities are looked up by, so it is
//! for those who run and check the node.

use crate::answer::Passed;
use crate::call::Call;
use crate::endpoint::Endpoint;
use axum::body::Body;
use axum::http::{HeaderValue, Method, Response, header};
use brain_kernel::error::Failure;
use brain_kernel::party::Role;

pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new(Method::GET, "/api/v1/sbom", "sbom", show)
            .tag("node")
            .about(
                "软件物料清单（CycloneDX 1.6）：程序与门户的全部组成及其许可",
                "Bill of materials (CycloneDX 1.6): everything the program and its portal are made of, with licences",
            )
            .roles(&Role::ADMINISTRATORS),
    ]
}

async fn show(_: Call) -> Result<Passed, Failure> {
    let mut response = Response::new(Body::from(brain_sbom::DOCUMENT));
    // Plain JSON, as the document of the interface says; the file is CycloneDX by its content.
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(Passed(response))
}
