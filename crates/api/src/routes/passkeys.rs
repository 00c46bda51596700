//! Passkeys (通行密钥): registered, named, removed, asked for, and shown instead of a password.

use crate::answer::{Done, Reply};
use crate::call::{Call, Json, NoQuery};
use crate::endpoint::{Audience, Endpoint, KeyUse};
use crate::routes::security::{credential, session};
use crate::routes::session::{SignInAnswer, SignInQuery, opened, suspect};
use axum::http::Method;
use brain_kernel::error::Failure;
use brain_trust::{NewPasskey, PasskeyAnswer, PasskeyCard, PasskeyCreation, PasskeyProof, PasskeyRequest};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A passkey just registered.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct AddedPasskey {
    /// The passkey.
    pub passkey: PasskeyCard,
    /// Recovery codes, where it is the account's first second factor; shown this once.
    pub recovery_codes: Vec<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Rename {
    /// 名称 · Name.
    #[schemars(length(min = 1, max = 64))]
    name: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RequestFor {
    /// 登录第一步得到的验证编号；缺省表示以通行密钥代替口令 · The challenge from the first step; without it the passkey
    /// takes the place of the password.
    #[schemars(length(max = 128))]
    challenge: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SignInByPasskey {
    /// 浏览器返回的通行密钥 · What the browser answered.
    passkey: PasskeyAnswer,
}

pub(crate) fn endpoints() -> Vec<Endpoint> {
    let own = [
        Endpoint::new(Method::POST, "/api/v1/session/passkeys", "passkey_begin", begin)
            .about("开始添加通行密钥", "Begin to add a passkey")
            .status(201)
            .codes(&["trust/step-up-required", "api/no-public-url", "trust/invalid-argument"]),
        Endpoint::new(Method::POST, "/api/v1/session/passkeys/confirmation", "passkey_confirm", confirm)
            .about(
                "登记浏览器生成的通行密钥；首个第二因素同时返回恢复码",
                "Register the passkey that the browser made; the first second factor comes with recovery codes",
            )
            .codes(&["trust/passkey-refused", "trust/challenge-ended", "api/no-public-url"]),
        Endpoint::new(Method::PATCH, "/api/v1/session/passkeys/{id}", "passkey_rename", rename)
            .about("重命名通行密钥", "Call a passkey something else")
            .status(204)
            .codes(&["trust/not-found"]),
        Endpoint::new(Method::DELETE, "/api/v1/session/passkeys/{id}", "passkey_remove", remove)
            .about(
                "移除通行密钥；必须双因素的角色不能移除最后一个",
                "Remove a passkey; a role that needs a second factor keeps its last one",
            )
            .status(204)
            .codes(&["trust/step-up-required", "trust/last-factor", "trust/not-found"]),
        Endpoint::new(Method::POST, "/api/v1/session/step-up/passkey", "passkey_step_up", ask_again)
            .about("请求以通行密钥重新验证", "Ask for a passkey, to show the second factor again")
            .codes(&["trust/not-found", "api/no-public-url"]),
    ]
    .map(|endpoint| endpoint.audience(Audience::SignedInAtAll).key_use(KeyUse::Never));
    let public = [
        Endpoint::new(Method::POST, "/api/v1/session/passkey-request", "passkey_request", ask)
            .about("请求以通行密钥登录", "Ask for a passkey to sign in with")
            .codes(&["trust/challenge-ended", "trust/not-found", "api/no-public-url"]),
        Endpoint::new(Method::POST, "/api/v1/session/passkey", "session_passkey", sign_in)
            .about("以通行密钥登录，无须口令", "Sign in with a passkey, without a password")
            .codes(&["trust/sign-in-refused", "trust/challenge-ended", "api/sign-in-rate"]),
    ];
    own.into_iter().chain(public).map(|endpoint| endpoint.tag("session")).collect()
}

async fn begin(call: Call) -> Result<Reply<PasskeyCreation>, Failure> {
    let site = call.app.site()?;
    Ok(call.app.trust.identity().begin_passkey(call.party()?, credential(&call)?, site).await?.into())
}

async fn confirm(call: Call<NoQuery, Json<NewPasskey>>) -> Result<Reply<AddedPasskey>, Failure> {
    let (party, session, site) = (call.party()?, session(&call)?, call.app.site()?);
    let added = call.app.trust.identity().confirm_passkey(party, session, site, &call.body.0).await?;
    let recovery_codes = added.recovery_codes.iter().map(|code| code.expose().to_owned()).collect();
    Ok(AddedPasskey { passkey: added.card, recovery_codes }.into())
}

async fn rename(call: Call<NoQuery, Json<Rename>>) -> Result<Done, Failure> {
    let identity = call.app.trust.identity();
    identity.rename_passkey(call.party()?, call.path("id")?, &call.body.0.name).await?;
    Ok(Done::default())
}

async fn remove(call: Call) -> Result<Done, Failure> {
    let identity = call.app.trust.identity();
    identity.remove_passkey(call.party()?, credential(&call)?, call.path("id")?).await?;
    Ok(Done::default())
}

async fn ask_again(call: Call) -> Result<Reply<PasskeyRequest>, Failure> {
    let (party, session, site) = (call.party()?, session(&call)?, call.app.site()?);
    Ok(call.app.trust.identity().begin_step_up(party, session, site).await?.into())
}

async fn ask(call: Call<NoQuery, Json<RequestFor>>) -> Result<Reply<PasskeyRequest>, Failure> {
    let (site, question) = (call.app.site()?, call.body.0.challenge.as_deref());
    Ok(call.app.trust.identity().begin_passkey_sign_in(question, site).await?.into())
}

async fn sign_in(call: Call<SignInQuery, Json<SignInByPasskey>>) -> Result<Reply<SignInAnswer>, Failure> {
    let proof = PasskeyProof { site: call.app.site()?.clone(), answer: call.body.0.passkey.clone() };
    let address = call.caller.address;
    call.app.guessing.begin(address)?;
    let (origin, carrier) = (call.caller.origin(&call.headers), call.query.carrier());
    let outcome = call.app.trust.identity().sign_in_with_passkey(&proof, &origin, carrier).await;
    let signed_in = outcome.map_err(|error| suspect(&call, "passkey", error))?;
    call.app.guessing.succeeded(address, "passkey");
    opened(&call, signed_in, carrier)
}
