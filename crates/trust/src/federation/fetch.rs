//! The one place where federation calls out, by the program's own way out: what answers is bounded in time and size,
//! redirects are not followed, https except on this machine.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use brain_egress::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use brain_egress::{Call as Outbound, Egress, Method, Url};

use brain_kernel::error::Failure;

use crate::site::bounded_url;
use crate::{Error, Result, Secret};

/// Longest time a provider may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Longest answer read, bytes.
const ANSWER_BYTES_MAX: u64 = 256 * 1024;
/// Longest address called, bytes.
const URL_BYTES_MAX: usize = 2_000;

/// Calls providers.
#[derive(Clone)]
pub(super) struct Outgoing(Egress);

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
    pub(super) fn new(egress: Egress) -> Self {
        Self(egress)
    }

    /// Allow the origin of an issuer, which the configuration names. Where its metadata leads to other hosts, the
    /// operator lists them in `egress.allow`.
    pub(super) fn permit(&self, issuer: &str) -> Result<()> {
        self.0.permit(issuer).map_err(|error| {
            let words = Failure::from(error).detail;
            Error::invalid("issuer", words.zh, words.en)
        })
    }

    /// Call, and read the answer as JSON. What went wrong is for the log.
    pub(super) async fn send(&self, call: Call<'_>) -> std::result::Result<Reply, String> {
        let url =
            bounded_url(call.url, URL_BYTES_MAX).ok_or_else(|| format!("{:?} is not called", call.url))?;
        let method = if call.form.is_some() { Method::POST } else { Method::GET };
        let mut request = Outbound::new("federation", method, url)
            .header(ACCEPT, HeaderValue::from_static("application/json"))
            .within(TIMEOUT)
            .at_most(ANSWER_BYTES_MAX);
        if let Some(fields) = call.form {
            let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
            request = request.header(CONTENT_TYPE, kind).body(form(fields));
        }
        if let Some((id, secret)) = call.basic {
            let pair = format!("{}:{}", form_value(id), form_value(secret.expose()));
            let mut value = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(pair)))
                .map_err(|_| "a secret that no header carries".to_owned())?;
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        let answer = self.0.fetch(request).await.map_err(|error| error.to_string())?;
        let status = answer.status.as_u16();
        let body = serde_json::from_slice(&answer.body).map_err(|_| format!("{status} and no JSON"))?;
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
