//! Sign in, look, change the password, sign out.

use crate::answer::{Done, Reply};
use crate::call::{Call, Json, NoQuery};
use crate::cookie;
use crate::endpoint::{Audience, Endpoint};
use crate::error::Error;
use axum::http::{Method, header};
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::party::Party;
use brain_trust::{Credential, Origin, Secret};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who is signed in, and until when.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct SessionState {
    /// The caller.
    pub party: Party,
    /// Whether the password must be changed before anything else.
    pub must_change_password: bool,
    /// Absolute end of the session or key.
    pub expires_at: DateTime<Utc>,
    /// The session's token, only when asked for with `token=1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SignIn {
    /// 用户名 · User name.
    #[schemars(length(max = 200))]
    username: String,
    /// 口令 · Password.
    #[schemars(with = "String", length(max = 1024))]
    password: Secret,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct SignInQuery {
    /// 为 1 时同时返回令牌，供程序使用 · 1 also returns the token, for programs.
    #[schemars(range(max = 1))]
    token: Option<u8>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewPassword {
    /// 原口令 · The old one.
    #[schemars(with = "String", length(max = 1024))]
    old: Secret,
    /// 新口令 · The new one.
    #[schemars(with = "String", length(max = 1024))]
    new: Secret,
}

/// Longest password that is hashed, bytes: a long one would only buy the caller our processor time.
const PASSWORD_BYTES_MAX: usize = 1024;

pub(crate) fn endpoints() -> Vec<Endpoint> {
    let path = "/api/v1/session";
    [
        Endpoint::new(Method::POST, path, "session_open", open)
            .about("登录", "Sign in")
            .codes(&["trust/sign-in-refused", "api/sign-in-rate"]),
        Endpoint::new(Method::GET, path, "session_show", show)
            .about("当前会话", "The present session")
            .audience(Audience::SignedInAtAll),
        Endpoint::new(Method::DELETE, path, "session_close", close)
            .about("退出登录", "Sign out")
            .audience(Audience::SignedInAtAll)
            .status(204),
        Endpoint::new(Method::POST, "/api/v1/session/password", "session_password", password)
            .about("修改口令；其他会话随即失效", "Change the password; every other session ends")
            .audience(Audience::SignedInAtAll)
            .status(204)
            .codes(&["trust/wrong-password", "trust/weak-password"]),
    ]
    .map(|endpoint| endpoint.tag("session"))
    .into()
}

async fn open(call: Call<SignInQuery, Json<SignIn>>) -> Result<Reply<SessionState>, Failure> {
    let Json(SignIn { username, password }) = &call.body;
    bounded(&[password])?;
    if username.len() > PASSWORD_BYTES_MAX {
        return Err(brain_trust::Error::SignInRefused.into());
    }
    let address = call.caller.address;
    call.app.throttle.begin(address)?;
    let user_agent = call.header("user-agent").map(str::to_owned);
    let origin = Origin { ip: address.map(|address| address.to_string()), user_agent };
    let signed_in = call.app.trust.identity().sign_in(username, password, &origin).await?;
    call.app.throttle.forgive(address);
    let secure = call.app.options.secure_cookies;
    let token = signed_in.token.expose();
    let cookie = cookie::set(token, signed_in.expires_at, call.app.clock.now(), secure)
        .ok_or_else(|| Error::Internal("a session token that is no header value".to_owned()))?;
    let state = SessionState {
        party: signed_in.party,
        must_change_password: signed_in.must_change_password,
        expires_at: signed_in.expires_at,
        token: (call.query.token == Some(1)).then(|| token.to_owned()),
    };
    Ok(Reply::from(state).with_header(header::SET_COOKIE, cookie))
}

async fn show(call: Call) -> Result<Reply<SessionState>, Failure> {
    let authenticated = call.caller.authenticated.ok_or(Error::NotSignedIn)?;
    let state = SessionState {
        party: authenticated.party,
        must_change_password: authenticated.must_change_password,
        expires_at: authenticated.expires_at,
        token: None,
    };
    Ok(state.into())
}

async fn close(call: Call) -> Result<Done, Failure> {
    if let Some(token) = &call.caller.token {
        call.app.trust.identity().sign_out(token).await?;
    }
    let cookie = cookie::clear(call.app.options.secure_cookies);
    Ok(Done(cookie.map(|cookie| (header::SET_COOKIE, cookie)).into_iter().collect()))
}

async fn password(call: Call<NoQuery, Json<NewPassword>>) -> Result<Done, Failure> {
    let Json(NewPassword { old, new }) = &call.body;
    bounded(&[old, new])?;
    require_session(&call)?;
    let keep = call.caller.token.as_deref();
    call.app.trust.identity().change_password(call.party()?, old, new, keep).await?;
    Ok(Done::default())
}

fn bounded(secrets: &[&Secret]) -> Result<(), Error> {
    if secrets.iter().all(|secret| secret.expose().len() <= PASSWORD_BYTES_MAX) {
        return Ok(());
    }
    Err(Error::Malformed {
        place: "body",
        pointer: String::new(),
        reason: format!("password > {PASSWORD_BYTES_MAX} bytes"),
    })
}

/// Passwords and keys are changed by a person with a session, never with a key: a leaked key must not renew itself.
pub(crate) fn require_session<Q, B>(call: &Call<Q, B>) -> Result<(), Failure> {
    let credential = call.caller.authenticated.as_ref().map(|authenticated| &authenticated.credential);
    if credential == Some(&Credential::Session) {
        return Ok(());
    }
    Err(Failure::new(
        ErrorKind::Forbidden,
        "api/session-needed",
        "此操作须登录后进行，不能使用接口密钥。",
        "This needs a signed-in session; an API key will not do.",
    ))
}
