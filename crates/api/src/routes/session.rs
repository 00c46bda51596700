//! Sign in, look, change the password, sign out.

use crate::answer::{Done, Reply};
use crate::call::{Call, Json, NoQuery};
use crate::cookie;
use crate::endpoint::{Audience, Endpoint, KeyUse};
use crate::error::Error;
use crate::guessing::Suspicion;
use crate::limits::Cost;
use crate::services::App;
use axum::http::{Method, header};
use brain_kernel::error::Failure;
use brain_kernel::party::Party;
use brain_trust::{
    Carrier, PasskeyAnswer, PasskeyProof, Proof, SecondFactorNeeded, Secret, SignIn, SignedIn,
};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Who is signed in, and until when.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct SessionState {
    /// The caller.
    pub party: Party,
    /// Whether the password must be changed before anything else.
    pub must_change_password: bool,
    /// Whether a second factor must be set up or shown before anything else.
    pub must_show_second_factor: bool,
    /// Absolute end of the session or key.
    pub expires_at: DateTime<Utc>,
    /// The session's token, only when asked for with `token=1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// Where a good password leads: to a session, or to the question for the second factor.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum SignInAnswer {
    /// A session.
    Session(SessionState),
    /// The question, to be answered at `/api/v1/session/second-factor`.
    SecondFactor(SecondFactorNeeded),
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SignInRequest {
    /// 用户名 · User name.
    #[schemars(length(max = 200))]
    username: String,
    /// 口令 · Password.
    #[schemars(with = "String", length(max = 1024))]
    password: Secret,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SignInQuery {
    /// 为 1 时返回令牌供程序使用，不设浏览器会话 · 1 returns a token for programs instead of a browser's cookie.
    #[schemars(range(max = 1))]
    token: Option<u8>,
}

impl SignInQuery {
    pub(crate) fn carrier(&self) -> Carrier {
        if self.token == Some(1) { Carrier::Token } else { Carrier::Cookie }
    }
}

/// A second factor as sent: one of its fields.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Factor {
    /// 动态口令 · Six digits of the authenticator application.
    #[schemars(length(max = 64))]
    totp: Option<String>,
    /// 恢复码 · A recovery code.
    #[schemars(with = "Option<String>", length(max = 64))]
    recovery_code: Option<Secret>,
    /// 通行密钥 · A passkey.
    passkey: Option<PasskeyAnswer>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SecondFactorRequest {
    /// 登录时得到的验证编号 · The challenge from the first step.
    #[schemars(length(max = 128))]
    challenge: String,
    /// 第二因素 · The second factor.
    factor: Factor,
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
            .cost(Cost::SignIn)
            .codes(&["trust/sign-in-refused", "api/sign-in-rate"]),
        Endpoint::new(Method::POST, "/api/v1/session/second-factor", "session_second_factor", second)
            .about("登录的第二步：出示第二因素", "Second step of signing in: show the second factor")
            .cost(Cost::SignIn)
            .codes(&[
                "trust/second-factor-wrong",
                "trust/challenge-ended",
                "trust/sign-in-refused",
                "api/sign-in-rate",
            ]),
        Endpoint::new(Method::GET, path, "session_show", show)
            .about("当前会话", "The present session")
            .audience(Audience::SignedInAtAll)
            .key_use(KeyUse::Any),
        Endpoint::new(Method::DELETE, path, "session_close", close)
            .about("退出登录", "Sign out")
            .audience(Audience::SignedInAtAll)
            .key_use(KeyUse::Any)
            .status(204),
        Endpoint::new(Method::POST, "/api/v1/session/password", "session_password", password)
            .about("修改口令；其他会话随即失效", "Change the password; every other session ends")
            .audience(Audience::SignedInAtAll)
            .key_use(KeyUse::Never)
            .status(204)
            .codes(&["trust/wrong-password", "trust/weak-password"]),
    ]
    .map(|endpoint| endpoint.tag("session"))
    .into()
}

async fn open(call: Call<SignInQuery, Json<SignInRequest>>) -> Result<Reply<SignInAnswer>, Failure> {
    let Json(SignInRequest { username, password }) = &call.body;
    bounded(&[password])?;
    if username.len() > PASSWORD_BYTES_MAX {
        return Err(brain_trust::Error::SignInRefused.into());
    }
    let address = call.caller.address;
    call.app.guessing.begin(address)?;
    let (origin, carrier) = (call.caller.origin(&call.headers), call.query.carrier());
    let outcome = call.app.trust.identity().sign_in(username, password, &origin, carrier).await;
    match outcome.map_err(|error| suspect(&call, username, error))? {
        SignIn::Open(signed_in) => {
            call.app.guessing.succeeded(address, username);
            opened(&call, signed_in, carrier)
        }
        SignIn::SecondFactor(needed) => Ok(SignInAnswer::SecondFactor(needed).into()),
    }
}

async fn second(call: Call<SignInQuery, Json<SecondFactorRequest>>) -> Result<Reply<SignInAnswer>, Failure> {
    let Json(SecondFactorRequest { challenge, factor }) = &call.body;
    let proof = factor.proof(&call.app)?;
    let address = call.caller.address;
    call.app.guessing.begin(address)?;
    let (origin, carrier) = (call.caller.origin(&call.headers), call.query.carrier());
    let outcome = call.app.trust.identity().sign_in_second(challenge, &proof, &origin, carrier).await;
    // The challenge stands for its account: many of them failing is one code tried on many accounts.
    let signed_in = outcome.map_err(|error| suspect(&call, challenge, error))?;
    call.app.guessing.succeeded(address, challenge);
    opened(&call, signed_in, carrier)
}

/// Count a sign-in that failed, and tell the auditor when it looks like guessing.
pub(crate) fn suspect<Q, B>(call: &Call<Q, B>, name: &str, error: brain_trust::Error) -> Failure {
    use brain_trust::Error::{ChallengeEnded, SecondFactorWrong, SignInRefused};
    if !matches!(error, SignInRefused | SecondFactorWrong | ChallengeEnded) {
        return error.into();
    }
    let ip = call.caller.address.map(|address| address.to_string());
    for suspicion in call.app.guessing.failed(call.caller.address, name) {
        let (kind, subject, body) = match suspicion {
            Suspicion::ManyAccounts { accounts, until } => (
                "session.guessing",
                ip.clone().unwrap_or_default(),
                json!({ "ip": ip, "accounts": accounts, "until": until }),
            ),
            Suspicion::ManyFailures { failures } => {
                ("session.storm", "node".to_owned(), json!({ "failures": failures, "ip": ip }))
            }
        };
        call.app.alarms.raise(kind, "anonymous", &subject, body);
    }
    error.into()
}

/// The answer to a sign-in that opened a session.
pub(crate) fn opened<Q, B>(
    call: &Call<Q, B>,
    signed_in: SignedIn,
    carrier: Carrier,
) -> Result<Reply<SignInAnswer>, Failure> {
    let token = signed_in.token.expose();
    let state = SessionState {
        party: signed_in.party,
        must_change_password: signed_in.must_change_password,
        must_show_second_factor: signed_in.must_show_second_factor,
        expires_at: signed_in.expires_at,
        token: (carrier == Carrier::Token).then(|| token.to_owned()),
    };
    let reply = Reply::from(SignInAnswer::Session(state));
    if carrier == Carrier::Token {
        return Ok(reply);
    }
    let secure = call.app.options.secure_cookies;
    let cookie = cookie::set(token, signed_in.expires_at, call.app.clock.now(), secure)
        .ok_or_else(|| Error::Internal("a session token that is no header value".to_owned()))?;
    Ok(reply.with_header(header::SET_COOKIE, cookie))
}

impl Factor {
    /// The one that was sent.
    pub(crate) fn proof(&self, app: &App) -> Result<Proof, Error> {
        match (&self.totp, &self.recovery_code, &self.passkey) {
            (Some(code), None, None) => Ok(Proof::Totp(code.clone())),
            (None, Some(code), None) => Ok(Proof::RecoveryCode(code.clone())),
            (None, None, Some(answer)) => {
                let (site, answer) = (app.site()?.clone(), answer.clone());
                Ok(Proof::Passkey(Box::new(PasskeyProof { site, answer })))
            }
            _ => Err(Error::Malformed {
                place: "body",
                pointer: "/factor".to_owned(),
                reason: "exactly one of totp, recovery_code and passkey is needed".to_owned(),
            }),
        }
    }
}

async fn show(call: Call) -> Result<Reply<SessionState>, Failure> {
    let authenticated = call.caller.authenticated.ok_or(Error::NotSignedIn)?;
    let state = SessionState {
        party: authenticated.party,
        must_change_password: authenticated.must_change_password,
        must_show_second_factor: authenticated.must_show_second_factor,
        expires_at: authenticated.expires_at,
        token: None,
    };
    Ok(state.into())
}

async fn close(call: Call) -> Result<Done, Failure> {
    if let Some(session) = call.caller.session() {
        call.app.trust.identity().sign_out(call.party()?, session).await?;
    }
    let cookie = cookie::clear(call.app.options.secure_cookies);
    Ok(Done(cookie.map(|cookie| (header::SET_COOKIE, cookie)).into_iter().collect()))
}

async fn password(call: Call<NoQuery, Json<NewPassword>>) -> Result<Done, Failure> {
    let Json(NewPassword { old, new }) = &call.body;
    bounded(&[old, new])?;
    let keep = call.caller.session();
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
