//! Federated sign-in (联合登录): going to a provider and coming back, links, clients, and what people agree to.

use crate::answer::{Done, Page, Reply};
use crate::call::{Call, Json, NoQuery};
use crate::cookie;
use crate::endpoint::{Audience, Endpoint, KeyUse};
use crate::error::Error;
use crate::paging::PageQuery;
use crate::routes::security::session;
use crate::routes::session::{SessionState, SignInAnswer, opened};
use axum::http::{Method, header};
use brain_kernel::error::Failure;
use brain_kernel::party::Role;
use brain_trust::federation::{
    Arrival, AuthorizationRequest, ClientCard, ClientState, ConsentCard, Considered, Departure, LinkCard,
    NewClient, ProviderCard, Return,
};
use brain_trust::{Carrier, SecondFactorNeeded, SignIn};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where to send the browser.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Onward {
    /// Address.
    pub redirect: String,
}

/// Where to send the browser, if anywhere but the portal.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Farewell {
    /// Address the client registered.
    pub redirect: Option<String>,
}

/// Where a good return leads: to a session, to the question for the second factor, or to a link.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum ArrivalAnswer {
    /// A session.
    Session(SessionState),
    /// The question, to be answered at `/api/v1/session/second-factor`.
    SecondFactor(SecondFactorNeeded),
    /// The account of the open session is linked.
    Linked(LinkCard),
}

/// A client just registered.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct NewClientAnswer {
    /// The client.
    pub client: ClientCard,
    /// Its secret, where it has one; shown this once.
    pub secret: Option<String>,
}

/// A client's secret, shown this once.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ClientSecret {
    /// The secret.
    pub secret: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ToProvider {
    /// 外部登录方 · Provider by its short name.
    #[schemars(length(max = 32))]
    provider: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct FromProvider {
    /// state.
    #[schemars(length(max = 200))]
    state: String,
    /// code.
    #[schemars(length(max = 4096))]
    code: Option<String>,
    /// error.
    #[schemars(length(max = 200))]
    error: Option<String>,
    /// iss（RFC 9207）.
    #[schemars(length(max = 300))]
    iss: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct LinkRequest {
    /// 外部登录方 · Provider by its short name.
    #[schemars(length(max = 32))]
    provider: String,
    /// 外部身份编号（sub） · Who it is there.
    #[schemars(length(min = 1, max = 255))]
    subject: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ClientRequest {
    /// 名称，征询页上显示 · Name that the consent page shows.
    #[schemars(length(min = 1, max = 64))]
    name: String,
    /// 回调地址，逐字匹配，同一主机 · Where answers may be sent, matched letter by letter, all on one host.
    #[schemars(length(min = 1, max = 10))]
    redirect_uris: Vec<String>,
    /// 退出后地址 · Where people may be sent after signing out.
    #[serde(default)]
    #[schemars(length(max = 10))]
    logout_uris: Vec<String>,
    /// 可申请的范围，须含 openid · Scopes it may ask for, openid among them.
    #[schemars(length(min = 1, max = 4))]
    scopes: Vec<String>,
    /// 公钥（JWK 集合），以签名断言代替密钥时填写 · Public keys as a JWK set, for a client that signs assertions.
    keys: Option<serde_json::Value>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ClientStateRequest {
    /// active 或 revoked · `active` or `revoked`.
    state: ClientState,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Decision {
    /// 客户端的登录请求，原样 · The client's request as it came.
    request: AuthorizationRequest,
    /// 是否同意 · Whether the person agrees.
    agree: bool,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct FarewellQuery {
    /// 客户端 · Client id.
    client_id: Option<String>,
    /// 此前签发的身份令牌 · An identity token issued before.
    id_token_hint: Option<String>,
    /// 退出后地址 · Where to go.
    post_logout_redirect_uri: Option<String>,
    /// 原样返回 · Comes back.
    state: Option<String>,
}

pub(crate) fn endpoints() -> Vec<Endpoint> {
    let groups = [travel(), own(), of_system(), of_security()];
    groups.into_iter().flatten().map(|endpoint| endpoint.tag("federation")).collect()
}

/// Going to a provider and coming back.
fn travel() -> Vec<Endpoint> {
    vec![
        Endpoint::new(Method::GET, "/api/v1/federation/providers", "federation_providers", providers)
            .about("外部登录方", "Outside providers that people may sign in through"),
        Endpoint::new(Method::POST, "/api/v1/federation/departure", "federation_depart", depart)
            .about("前往外部登录方登录", "Go to a provider to sign in")
            .codes(&["trust/not-found", "trust/provider-unreachable", "api/no-public-url"]),
        Endpoint::new(Method::POST, "/api/v1/federation/arrival", "federation_arrive", arrive)
            .about(
                "从外部登录方返回：登录，或关联当前账号",
                "Come back from a provider: sign in, or link the present account",
            )
            .codes(&[
                "trust/vouching-ended",
                "trust/vouching-refused",
                "trust/provider-unreachable",
                "trust/not-linked",
                "trust/link-taken",
                "trust/sign-in-refused",
            ]),
        Endpoint::new(Method::GET, "/api/v1/federation/farewell", "federation_farewell", farewell)
            .about("退出登录后去往的地址", "Where a person goes after signing out on behalf of a client"),
    ]
}

/// What people do about their own account.
fn own() -> Vec<Endpoint> {
    let signed_in = [
        Endpoint::new(Method::GET, "/api/v1/session/links", "links_own", links_own)
            .about("本人的外部身份关联", "One's own links to outside providers"),
        Endpoint::new(Method::POST, "/api/v1/session/links", "links_begin", links_begin)
            .about("前往外部登录方关联本人账号", "Go to a provider to link one's own account")
            .step_up()
            .codes(&["trust/step-up-required", "trust/not-found", "trust/vouching-refused"]),
        Endpoint::new(Method::DELETE, "/api/v1/session/links/{id}", "links_end", links_end)
            .about("解除本人的外部身份关联", "Remove one of one's own links")
            .step_up()
            .status(204)
            .codes(&["trust/step-up-required", "trust/not-found"]),
        Endpoint::new(Method::GET, "/api/v1/session/consents", "consents_own", consents)
            .about("本人同意告知其他节点的内容", "What one agreed to tell other nodes"),
        Endpoint::new(Method::DELETE, "/api/v1/session/consents/{id}", "consents_withdraw", withdraw)
            .about(
                "撤回同意；该节点持有的令牌随即失效",
                "Take a consent back; every token that the node holds ends",
            )
            .status(204)
            .codes(&["trust/not-found"]),
        Endpoint::new(Method::GET, "/api/v1/federation/authorization", "authorization_show", consider)
            .about("征询：谁在请求登录，将告知什么", "Who asks for a sign-in, and what it will be told")
            .codes(&["trust/not-found", "trust/redirect-refused", "trust/invalid-argument"]),
        Endpoint::new(Method::POST, "/api/v1/federation/authorization", "authorization_decide", decide)
            .about("同意或拒绝", "Agree, or not")
            .codes(&["trust/not-found", "trust/redirect-refused"]),
    ];
    signed_in.map(|endpoint| endpoint.audience(Audience::SignedIn).key_use(KeyUse::Never)).into()
}

/// What the system administrator does, and the lists that every administrator reads.
fn of_system() -> Vec<Endpoint> {
    let reads = [
        Endpoint::new(Method::GET, "/api/v1/accounts/{id}/links", "links_list", links_of)
            .about("账号的外部身份关联", "Links of an account to outside providers"),
        Endpoint::new(Method::GET, "/api/v1/federation/clients", "clients_list", clients)
            .about("登录客户端", "Nodes and programs whose people sign in here"),
    ]
    .map(|endpoint| endpoint.roles(&Role::ADMINISTRATORS));
    let acts = [
        Endpoint::new(Method::POST, "/api/v1/accounts/{id}/links", "links_make", link)
            .about(
                "为账号关联外部身份；须经安全管理员批准",
                "Link an account to somebody at a provider; the security administrator approves it",
            )
            .step_up()
            .status(201)
            .codes(&["trust/step-up-required", "trust/not-found", "trust/link-taken"]),
        Endpoint::new(Method::DELETE, "/api/v1/federation/links/{id}", "links_remove", unlink)
            .about("解除任一账号的外部身份关联", "Remove a link of any account")
            .step_up()
            .status(204)
            .codes(&["trust/step-up-required", "trust/not-found"]),
        Endpoint::new(Method::POST, "/api/v1/federation/clients", "clients_register", register)
            .about(
                "登记客户端，密钥只显示一次；须经安全管理员启用",
                "Register a client, its secret shown once; the security administrator lets it in",
            )
            .step_up()
            .status(201)
            .codes(&["trust/step-up-required", "trust/invalid-argument"]),
        Endpoint::new(Method::POST, "/api/v1/federation/clients/{id}/secret", "clients_secret", secret)
            .about("换发客户端密钥，旧密钥即刻失效", "A fresh secret for a client; the old one ends at once")
            .step_up()
            .codes(&["trust/step-up-required", "trust/not-found"]),
    ]
    .map(|endpoint| endpoint.roles(&[Role::SystemAdministrator]));
    reads.into_iter().chain(acts).collect()
}

/// What the security administrator does.
fn of_security() -> Vec<Endpoint> {
    [
        Endpoint::new(Method::POST, "/api/v1/federation/links/{id}/approval", "links_approve", approve)
            .about("批准管理员所作的关联", "Approve a link that an administrator made")
            .step_up()
            .status(204)
            .codes(&["trust/step-up-required", "trust/not-found", "trust/own-account"]),
        Endpoint::new(Method::PUT, "/api/v1/federation/clients/{id}/state", "clients_state", client_state)
            .about(
                "启用或吊销客户端；吊销即刻终止其全部令牌",
                "Let a client in, or no longer: then all it holds ends at once",
            )
            .step_up()
            .status(204)
            .codes(&["trust/step-up-required", "trust/not-found", "trust/invalid-argument"]),
        Endpoint::new(Method::POST, "/api/v1/federation/keys", "federation_keys_rotate", rotate)
            .about("更换身份令牌的签名密钥", "Sign identity tokens with a fresh key")
            .step_up()
            .status(204)
            .codes(&["trust/step-up-required"]),
    ]
    .map(|endpoint| endpoint.roles(&[Role::SecurityAdministrator]))
    .into()
}

async fn providers(call: Call) -> Result<Reply<Vec<ProviderCard>>, Failure> {
    Ok(call.app.trust.federation().providers().into())
}

async fn depart(call: Call<NoQuery, Json<ToProvider>>) -> Result<Reply<Onward>, Failure> {
    let departure = call.app.trust.federation().depart(&call.body.0.provider, call.app.site()?).await?;
    sent(&call, departure)
}

async fn links_begin(call: Call<NoQuery, Json<ToProvider>>) -> Result<Reply<Onward>, Failure> {
    let (party, session, site) = (call.party()?, session(&call)?, call.app.site()?);
    let federation = call.app.trust.federation();
    let departure = federation.depart_to_link(party, session, &call.body.0.provider, site).await?;
    sent(&call, departure)
}

fn sent<Q, B>(call: &Call<Q, B>, departure: Departure) -> Result<Reply<Onward>, Failure> {
    let Departure { redirect, keepsake, expires_at } = departure;
    let secure = call.app.options.secure_cookies;
    let cookie = cookie::keep(keepsake.expose(), expires_at, call.app.clock.now(), secure)
        .ok_or_else(|| Error::Internal("a keepsake that is no header value".to_owned()))?;
    Ok(Reply::from(Onward { redirect }).with_header(header::SET_COOKIE, cookie))
}

async fn arrive(call: Call<NoQuery, Json<FromProvider>>) -> Result<Reply<ArrivalAnswer>, Failure> {
    let Json(FromProvider { state, code, error, iss }) = &call.body;
    let back = Return { state: state.clone(), code: code.clone(), error: error.clone(), issuer: iss.clone() };
    let kept = cookie::kept(&call.headers);
    let open = call.caller.party.as_ref().zip(call.caller.session());
    let origin = call.caller.origin(&call.headers);
    call.app.guessing.begin(call.caller.address)?;
    let federation = call.app.trust.federation();
    let arrival = federation.arrive(&back, kept.as_deref(), open, &origin, Carrier::Cookie).await?;
    call.app.guessing.succeeded(call.caller.address, "provider");
    match arrival {
        Arrival::SignIn(SignIn::Open(signed_in)) => {
            let answer = opened(&call, signed_in, Carrier::Cookie)?;
            Ok(answer.map(|answer| match answer {
                SignInAnswer::Session(state) => ArrivalAnswer::Session(state),
                SignInAnswer::SecondFactor(needed) => ArrivalAnswer::SecondFactor(needed),
            }))
        }
        Arrival::SignIn(SignIn::SecondFactor(needed)) => Ok(ArrivalAnswer::SecondFactor(needed).into()),
        Arrival::Linked(link) => Ok(ArrivalAnswer::Linked(link).into()),
    }
}

async fn farewell(call: Call<FarewellQuery>) -> Result<Reply<Farewell>, Failure> {
    let FarewellQuery { client_id, id_token_hint, post_logout_redirect_uri, state } = &call.query;
    let redirect = call
        .app
        .trust
        .federation()
        .farewell(
            call.app.site()?,
            client_id.as_deref(),
            id_token_hint.as_deref(),
            post_logout_redirect_uri.as_deref(),
            state.as_deref(),
        )
        .await?;
    Ok(Farewell { redirect }.into())
}

async fn links_own(call: Call) -> Result<Reply<Vec<LinkCard>>, Failure> {
    Ok(call.app.trust.federation().own_links(call.party()?).await?.into())
}

async fn links_end(call: Call) -> Result<Done, Failure> {
    call.app.trust.federation().unlink_own(call.party()?, call.path("id")?).await?;
    Ok(Done::default())
}

async fn links_of(call: Call) -> Result<Reply<Vec<LinkCard>>, Failure> {
    Ok(call.app.trust.federation().links_of(call.party()?, call.path("id")?).await?.into())
}

async fn link(call: Call<NoQuery, Json<LinkRequest>>) -> Result<Reply<LinkCard>, Failure> {
    let Json(LinkRequest { provider, subject }) = &call.body;
    let federation = call.app.trust.federation();
    Ok(federation.link(call.party()?, call.path("id")?, provider, subject).await?.into())
}

async fn unlink(call: Call) -> Result<Done, Failure> {
    call.app.trust.federation().unlink_any(call.party()?, call.path("id")?).await?;
    Ok(Done::default())
}

async fn approve(call: Call) -> Result<Done, Failure> {
    call.app.trust.federation().approve_link(call.party()?, call.path("id")?).await?;
    Ok(Done::default())
}

async fn clients(call: Call<PageQuery>) -> Result<Reply<Page<ClientCard>>, Failure> {
    let page = call.app.trust.federation().clients(call.party()?, call.query.request()).await?;
    Ok(Page::from(page).into())
}

async fn register(call: Call<NoQuery, Json<ClientRequest>>) -> Result<Reply<NewClientAnswer>, Failure> {
    let actor = call.party()?.clone();
    let Json(ClientRequest { name, redirect_uris, logout_uris, scopes, keys }) = call.body;
    let new = NewClient { name, redirect_uris, logout_uris, scopes, keys };
    let made = call.app.trust.federation().register_client(&actor, new).await?;
    let secret = made.secret.map(|secret| secret.expose().to_owned());
    Ok(NewClientAnswer { client: made.card, secret }.into())
}

async fn secret(call: Call) -> Result<Reply<ClientSecret>, Failure> {
    let secret = call.app.trust.federation().renew_client_secret(call.party()?, call.path("id")?).await?;
    Ok(ClientSecret { secret: secret.expose().to_owned() }.into())
}

async fn client_state(call: Call<NoQuery, Json<ClientStateRequest>>) -> Result<Done, Failure> {
    let federation = call.app.trust.federation();
    federation.set_client_state(call.party()?, call.path("id")?, call.body.0.state).await?;
    Ok(Done::default())
}

async fn rotate(call: Call) -> Result<Done, Failure> {
    call.app.trust.federation().rotate_signing_key(call.party()?).await?;
    Ok(Done::default())
}

async fn consents(call: Call) -> Result<Reply<Vec<ConsentCard>>, Failure> {
    Ok(call.app.trust.federation().own_consents(call.party()?).await?.into())
}

async fn withdraw(call: Call) -> Result<Done, Failure> {
    call.app.trust.federation().withdraw_consent(call.party()?, call.path("id")?).await?;
    Ok(Done::default())
}

async fn consider(call: Call<AuthorizationRequest>) -> Result<Reply<Considered>, Failure> {
    let (party, session) = (call.party()?, session(&call)?);
    Ok(call.app.trust.federation().consider(party, session, &call.query).await?.into())
}

async fn decide(call: Call<NoQuery, Json<Decision>>) -> Result<Reply<Onward>, Failure> {
    let (party, session, site) = (call.party()?, session(&call)?, call.app.site()?);
    let Json(Decision { request, agree }) = &call.body;
    let redirect = call.app.trust.federation().decide(party, session, request, *agree, site).await?;
    Ok(Onward { redirect }.into())
}
