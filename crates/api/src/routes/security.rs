//! One's own protection (我的安全): second factor, sessions.

use crate::answer::{Done, Reply};
use crate::call::{Call, Json, NoQuery};
use crate::endpoint::{Audience, Endpoint, KeyUse};
use crate::error::Error;
use crate::routes::session::Factor;
use crate::routes::session::suspect;
use axum::http::Method;
use brain_kernel::error::Failure;
use brain_trust::{Credential, SecurityCard};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A fresh secret for an authenticator application, shown this once.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct TotpSecret {
    /// The secret in Base32, for typing.
    pub secret: String,
    /// The `otpauth://` address, for the QR code.
    pub uri: String,
}

/// Recovery codes, shown this once; each works once.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct RecoveryCodes {
    /// The codes.
    pub recovery_codes: Vec<String>,
}

/// How many sessions ended.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Ended {
    /// Sessions that were open.
    pub ended: u64,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Code {
    /// 动态口令 · Six digits of the authenticator application.
    #[schemars(length(max = 64))]
    code: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct StepUp {
    /// 第二因素 · The second factor.
    factor: Factor,
}

pub(crate) fn endpoints() -> Vec<Endpoint> {
    let totp = "/api/v1/session/totp";
    [
        Endpoint::new(Method::GET, "/api/v1/session/security", "security_show", show)
            .about("我的安全：口令、第二因素、会话", "One's own password, second factor, sessions"),
        Endpoint::new(Method::POST, totp, "totp_begin", begin)
            .about(
                "开始设置身份验证器；密钥只显示一次",
                "Set an authenticator application up; the secret is shown once",
            )
            .status(201)
            .codes(&["trust/step-up-required"]),
        Endpoint::new(Method::POST, "/api/v1/session/totp/confirmation", "totp_confirm", confirm)
            .about(
                "用第一个动态口令确认身份验证器，返回恢复码",
                "Confirm the authenticator with a first code; answers the recovery codes",
            )
            .codes(&["trust/second-factor-wrong"]),
        Endpoint::new(Method::DELETE, totp, "totp_remove", remove)
            .about("移除身份验证器", "Remove the authenticator application")
            .status(204)
            .codes(&["trust/step-up-required", "trust/not-found"]),
        Endpoint::new(Method::POST, "/api/v1/session/recovery-codes", "recovery_codes_renew", codes)
            .about("换发恢复码，旧码作废", "Fresh recovery codes; the old ones are void")
            .codes(&["trust/step-up-required", "trust/not-found"]),
        Endpoint::new(Method::POST, "/api/v1/session/step-up", "session_step_up", step_up)
            .about("为敏感操作重新出示第二因素", "Show the second factor again, for sensitive acts")
            .status(204)
            .codes(&["trust/second-factor-wrong"]),
        Endpoint::new(Method::DELETE, "/api/v1/session/others", "sessions_end_others", end_others)
            .about("结束本人的其他会话", "End one's other sessions"),
        Endpoint::new(Method::DELETE, "/api/v1/session/list/{id}", "sessions_end", end)
            .about("结束本人的一个会话", "End one of one's own sessions")
            .status(204)
            .codes(&["trust/not-found"]),
    ]
    .map(|endpoint| endpoint.tag("session").audience(Audience::SignedInAtAll).key_use(KeyUse::Never))
    .into()
}

pub(crate) fn credential<Q, B>(call: &Call<Q, B>) -> Result<&Credential, Error> {
    call.caller.authenticated.as_ref().map(|one| &one.credential).ok_or(Error::NotSignedIn)
}

pub(crate) fn session<Q, B>(call: &Call<Q, B>) -> Result<&str, Error> {
    call.caller.session().ok_or(Error::SessionNeeded)
}

async fn show(call: Call) -> Result<Reply<SecurityCard>, Failure> {
    let card = call.app.trust.identity().security(call.party()?, call.caller.session()).await?;
    Ok(card.into())
}

async fn begin(call: Call) -> Result<Reply<TotpSecret>, Failure> {
    let new = call.app.trust.identity().begin_totp(call.party()?, credential(&call)?).await?;
    Ok(TotpSecret { secret: new.secret.expose().to_owned(), uri: new.uri.expose().to_owned() }.into())
}

async fn confirm(call: Call<NoQuery, Json<Code>>) -> Result<Reply<RecoveryCodes>, Failure> {
    let (party, session) = (call.party()?, session(&call)?);
    let codes = call.app.trust.identity().confirm_totp(party, session, &call.body.0.code).await?;
    Ok(shown(&codes).into())
}

async fn remove(call: Call) -> Result<Done, Failure> {
    call.app.trust.identity().remove_totp(call.party()?, credential(&call)?).await?;
    Ok(Done::default())
}

async fn codes(call: Call) -> Result<Reply<RecoveryCodes>, Failure> {
    let codes = call.app.trust.identity().new_recovery_codes(call.party()?, credential(&call)?).await?;
    Ok(shown(&codes).into())
}

async fn step_up(call: Call<NoQuery, Json<StepUp>>) -> Result<Done, Failure> {
    let proof = call.body.0.factor.proof(&call.app)?;
    let (party, address) = (call.party()?, call.caller.address);
    call.app.guessing.begin(address)?;
    let outcome = call.app.trust.identity().step_up(party, session(&call)?, &proof).await;
    outcome.map_err(|error| suspect(&call, &party.account, error))?;
    call.app.guessing.succeeded(address, &party.account);
    Ok(Done::default())
}

async fn end_others(call: Call) -> Result<Reply<Ended>, Failure> {
    let ended = call.app.trust.identity().end_own_sessions(call.party()?, call.caller.session()).await?;
    Ok(Ended { ended }.into())
}

async fn end(call: Call) -> Result<Done, Failure> {
    call.app.trust.identity().end_own_session(call.party()?, call.path("id")?).await?;
    Ok(Done::default())
}

fn shown(codes: &[brain_trust::Secret]) -> RecoveryCodes {
    RecoveryCodes { recovery_codes: codes.iter().map(|code| code.expose().to_owned()).collect() }
}
