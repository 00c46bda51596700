//! This node as a provider (登录中心), at the addresses and with the refusals that OpenID Connect prescribes. What is wrong
//! with a request of a client is told as OAuth does (RFC 6749 §5.2), everything else as a problem document.

use crate::answer::{Elsewhere, Passed, Reply};
use crate::call::{Call, Form, NoQuery};
use crate::endpoint::{Endpoint, Spoken};
use crate::error::Error;
use axum::body::Body;
use axum::extract::Query;
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri, header};
use brain_kernel::error::Failure;
use brain_trust::Secret;
use brain_trust::federation::{
    AuthorizationRequest, Claims, OauthFault, ProviderMetadata, SigningKeys, TokenGrant, TokenRequest, Way,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What a client sends along when a person signs out.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct LogoutQuery {
    /// An identity token issued before.
    id_token_hint: Option<String>,
    /// Client id.
    client_id: Option<String>,
    /// Where to go; exactly as registered.
    post_logout_redirect_uri: Option<String>,
    /// Comes back unchanged.
    state: Option<String>,
}

/// Refusals of a client's request (RFC 6749 §5.2).
const REFUSED: [Spoken; 2] = [
    Spoken {
        status: "400",
        media_type: "application/json",
        words: "请求有误 · Malformed, or a code or token that does not hold",
        shape: fault,
    },
    Spoken {
        status: "401",
        media_type: "application/json",
        words: "客户端未通过核验 · A client without good proof",
        shape: fault,
    },
];

fn fault() -> Value {
    json!({
        "type": "object",
        "required": ["error", "error_description"],
        "properties": { "error": { "type": "string" }, "error_description": { "type": "string" } }
    })
}

pub(crate) fn endpoints() -> Vec<Endpoint> {
    [
        Endpoint::new(Method::GET, "/.well-known/openid-configuration", "oauth_metadata", metadata)
            .about(
                "登录中心元数据（OpenID Connect Discovery）",
                "Metadata of this provider (OpenID Connect Discovery)",
            )
            .codes(&["api/no-public-url"]),
        Endpoint::new(Method::GET, "/oauth2/jwks", "oauth_keys", keys)
            .about("身份令牌的签名公钥（JWK 集合）", "Public keys of identity tokens (JWK set)"),
        Endpoint::new(Method::GET, "/oauth2/authorize", "oauth_authorize", authorize)
            .about(
                "登录请求：核对客户端与回调地址后转到征询页",
                "A request for a sign-in: client and redirect URI are checked, then the person is asked",
            )
            .status(303)
            .codes(&["trust/not-found", "trust/redirect-refused", "api/no-public-url"]),
        Endpoint::new(Method::POST, "/oauth2/token", "oauth_token", token)
            .about("以授权码或刷新令牌换取令牌", "Tokens for a code or a refresh token")
            .spoken(&REFUSED),
        Endpoint::new(Method::GET, "/oauth2/userinfo", "oauth_userinfo", userinfo)
            .about("登录者的信息（访问令牌）", "Who signed in, for an access token")
            .codes(&["trust/session-ended"]),
        Endpoint::new(Method::POST, "/oauth2/revoke", "oauth_revoke", revoke)
            .about("交还令牌（RFC 7009）", "Give a token back (RFC 7009)")
            .spoken(&REFUSED),
        Endpoint::new(Method::GET, "/oauth2/logout", "oauth_logout", logout)
            .about("退出登录（由客户端发起）", "Sign out on behalf of a client")
            .status(303),
    ]
    .map(|endpoint| endpoint.tag("federation"))
    .into()
}

async fn metadata(call: Call) -> Result<Reply<ProviderMetadata>, Failure> {
    Ok(ProviderMetadata::of(call.app.site()?).into())
}

async fn keys(call: Call) -> Result<Reply<SigningKeys>, Failure> {
    Ok(call.app.trust.federation().signing_keys().await?.into())
}

async fn authorize(call: Call<AuthorizationRequest>) -> Result<Elsewhere, Failure> {
    let way = call.app.trust.federation().enter(&call.query, call.app.site()?).await?;
    Ok(match way {
        Way::Ask(address) | Way::Back(address) => Elsewhere(address),
    })
}

async fn token(call: Call<NoQuery, Form>) -> Result<Passed, Failure> {
    let grant = match grant(&call.headers, &call.body) {
        Ok(grant) => grant,
        Err(fault) => return told(&fault),
    };
    // Guessing at secrets and codes is slowed down like guessing at passwords.
    call.app.guessing.begin(call.caller.address)?;
    let outcome = call.app.trust.federation().grant(call.app.site()?, &grant).await?;
    match outcome {
        Ok(tokens) => {
            call.app.guessing.succeeded(call.caller.address, "client");
            answer(StatusCode::OK, &tokens)
        }
        Err(fault) => told(&fault),
    }
}

async fn revoke(call: Call<NoQuery, Form>) -> Result<Passed, Failure> {
    let grant = match grant(&call.headers, &call.body) {
        Ok(grant) => grant,
        Err(fault) => return told(&fault),
    };
    call.app.guessing.begin(call.caller.address)?;
    match call.app.trust.federation().revoke(call.app.site()?, &grant).await? {
        Ok(()) => {
            call.app.guessing.succeeded(call.caller.address, "client");
            answer(StatusCode::OK, &json!({}))
        }
        Err(fault) => told(&fault),
    }
}

async fn userinfo(call: Call) -> Result<Reply<Claims>, Failure> {
    let shown = call.header("authorization").and_then(|text| text.split_once(' '));
    let token =
        shown.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
    let ended = brain_trust::Error::SessionEnded;
    let Some(token) = token else { return Err(ended.into()) };
    let claims = call.app.trust.federation().userinfo(token).await?;
    Ok(claims.ok_or(ended)?.into())
}

async fn logout(call: Call<LogoutQuery>) -> Result<Elsewhere, Failure> {
    // The session's cookie does not travel from other sites: a page of the portal asks the person and signs out.
    let LogoutQuery { id_token_hint, client_id, post_logout_redirect_uri, state } = &call.query;
    let fields = [
        ("id_token_hint", id_token_hint),
        ("client_id", client_id),
        ("post_logout_redirect_uri", post_logout_redirect_uri),
        ("state", state),
    ];
    let fields: Vec<(&str, &str)> =
        fields.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?))).collect();
    let address = call.app.site()?.with_query("/sign-out", &fields);
    Ok(Elsewhere(address))
}

/// Who asks, and for what. Parameters sent twice are refused (RFC 6749 §3.2).
fn grant(headers: &HeaderMap, form: &Form) -> Result<TokenGrant, OauthFault> {
    let malformed = OauthFault {
        error: "invalid_request",
        description: "the form is not understood",
        unauthorized: false,
    };
    let uri: Uri = format!("/?{}", form.0).parse().map_err(|_| malformed)?;
    let Query(request) = Query::<TokenRequest>::try_from_uri(&uri).map_err(|_| malformed)?;
    let client = request.proof(basic(headers)?)?;
    Ok(TokenGrant { client, request })
}

/// Client id and secret of HTTP basic authentication, each encoded as in a form (RFC 6749 §2.3.1).
fn basic(headers: &HeaderMap) -> Result<Option<(String, Secret)>, OauthFault> {
    let wrong = OauthFault {
        error: "invalid_client",
        description: "the Authorization header is not understood",
        unauthorized: true,
    };
    let Some(header) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let encoded = header.to_str().ok().and_then(|text| text.split_once(' '));
    let encoded = encoded.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic")).ok_or(wrong)?.1;
    let pair = Secret::from_base64(encoded.trim()).ok_or(wrong)?;
    let (id, secret) = pair.expose().split_once(':').ok_or(wrong)?;
    let plain = |text: &str| {
        #[derive(Deserialize)]
        struct One {
            v: String,
        }
        let uri: Uri = format!("/?v={text}").parse().ok()?;
        Query::<One>::try_from_uri(&uri).ok().map(|Query(One { v })| v)
    };
    let (id, secret) = plain(id).zip(plain(secret)).ok_or(wrong)?;
    Ok(Some((id, Secret::new(secret))))
}

fn told(fault: &OauthFault) -> Result<Passed, Failure> {
    let status = if fault.unauthorized { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST };
    let body = json!({ "error": fault.error, "error_description": fault.description });
    let Passed(mut response) = answer(status, &body)?;
    if fault.unauthorized {
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"oauth2\""));
    }
    Ok(Passed(response))
}

fn answer(status: StatusCode, body: &impl Serialize) -> Result<Passed, Failure> {
    let bytes = serde_json::to_vec(body).map_err(|error| Error::Internal(error.to_string()))?;
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(Passed(response))
}

#[cfg(test)]
mod tests {
    use super::{Form, basic, grant};
    use axum::http::{HeaderMap, HeaderValue, header};

    fn headers(value: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, HeaderValue::from_static(value));
        headers
    }

    #[test]
    fn id_and_secret_of_a_client_are_decoded_twice() {
        // base64("a%3Ab:s+c%26")
        let (id, secret) = basic(&headers("Basic YSUzQWI6cytjJTI2")).unwrap().unwrap();
        assert_eq!((id.as_str(), secret.expose()), ("a:b", "s c&"));
        assert!(basic(&HeaderMap::new()).unwrap().is_none());
        for wrong in ["Basic !", "Basic YQ==", "Bearer YSUzQWI6cytjJTI2", "Basic"] {
            assert_eq!(basic(&headers(wrong)).unwrap_err().error, "invalid_client", "{wrong}");
        }
    }

    #[test]
    fn a_parameter_sent_twice_is_refused() {
        let none = HeaderMap::new();
        let attempt = |form: &str| grant(&none, &Form(form.to_owned()));
        assert!(attempt("grant_type=x&client_id=a&client_secret=b&unknown=1").is_ok());
        let twice = attempt("grant_type=x&grant_type=y&client_id=a&client_secret=b");
        assert_eq!(twice.unwrap_err().error, "invalid_request");
        assert_eq!(attempt("grant_type=x").unwrap_err().error, "invalid_client");
    }
}
