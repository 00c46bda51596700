//! The one place where federation calls out: bounded in time and size, no redirects, https except on this machine.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Client, Url, header, redirect};

use crate::site::bounded_url;
use crate::{Error, Result, Secret};

/// Longest time a provider may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Longest time until it takes the connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Longest answer read, bytes.
const ANSWER_BYTES_MAX: usize = 256 * 1024;
/// Longest address called, bytes.
const URL_BYTES_MAX: usize = 2_000;

/// Calls providers.
#[derive(Clone)]
pub(super) struct Outgoing(Client);

/// A call.
pub(super) struct Call<'a> {
    pub(super) url: &'a str,
    /// Fields of a form to POST; GET without.
    pub(super) form: Option<&'a [(&'a str, &'a str)]>,
    /// Client id and secret for HTTP basic authentication (RFC 6749 §2.3.1).
    pub(super) basic: Option<(&'a str, &'a Secret)>,
}

/// What came back: status and JSON.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: serde_json::Value,
}

impl Outgoing {
    pub(super) fn new() -> Result<Self> {
        // Redirects are not followed: where a node talks to is what the provider's metadata says.
        let client = Client::builder()
            .timeout(TIMEOUT)
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .build();
        client.map(Self).map_err(|cause| Error::Cryptography(cause.to_string()))
    }

    /// Call, and read the answer as JSON. What went wrong is for the log.
    pub(super) async fn send(&self, call: Call<'_>) -> std::result::Result<Reply, String> {
        let url =
            bounded_url(call.url, URL_BYTES_MAX).ok_or_else(|| format!("{:?} is not called", call.url))?;
        let mut request = match call.form {
            Some(fields) => self
                .0
                .post(url)
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(form(fields)),
            None => self.0.get(url),
        };
        request = request.header(header::ACCEPT, "application/json");
        if let Some((id, secret)) = call.basic {
            let pair = format!("{}:{}", form_value(id), form_value(secret.expose()));
            request = request.header(header::AUTHORIZATION, format!("Basic {}", STANDARD.encode(pair)));
        }
        let mut response = request.send().await.map_err(|cause| cause.without_url().to_string())?;
        let status = response.status().as_u16();
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|cause| cause.without_url().to_string())? {
            if bytes.len() + chunk.len() > ANSWER_BYTES_MAX {
                return Err("the answer is too long".to_owned());
            }
            bytes.extend_from_slice(&chunk);
        }
        let body = serde_json::from_slice(&bytes).map_err(|_| format!("{status} and no JSON"))?;
        Ok(Reply { status, body })
    }
}

/// Fields as `application/x-www-form-urlencoded`.
pub(super) fn form(fields: &[(&str, &str)]) -> String {
    with_query("http://localhost/", fields).and_then(|url| url.query().map(str::to_owned)).unwrap_or_default()
}

fn form_value(text: &str) -> String {
    form(&[("", text)]).trim_start_matches('=').to_owned()
}

/// An address with fields added to its query.
pub(super) fn with_query(address: &str, fields: &[(&str, &str)]) -> Option<Url> {
    let mut url = Url::parse(address).ok()?;
    if !fields.is_empty() {
        url.query_pairs_mut().extend_pairs(fields);
    }
    Some(url)
}

#[cfg(test)]
mod tests {
    use super::{form, form_value, with_query};

    #[test]
    fn fields_are_encoded_as_forms_do() {
        assert_eq!(form(&[("a", "1 2"), ("b", "&=+")]), "a=1+2&b=%26%3D%2B");
        assert_eq!(form_value("a:b c"), "a%3Ab+c");
        let url = with_query("https://a.example/x?y=1", &[("z", "2")]).unwrap();
        assert_eq!(url.as_str(), "https://a.example/x?y=1&z=2");
    }
}
