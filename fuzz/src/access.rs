//! Who may do what: grants as they are given, passkeys, and what other providers say about people.

use crate::node::{NODE, RUNTIME, client};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use brain_kernel::clock::Clock as _;
use brain_kernel::error::{ErrorKind, Failure};
use brain_kernel::party::{Party, Role};
use brain_testkit::{Authenticator, Client, base64url};
use brain_trust::federation::{Arrival, Return};
use brain_trust::{Carrier, Origin, ProviderOptions, SignIn};
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::sync::{LazyLock, Mutex, PoisonError};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Line between the parts of an input.
const BETWEEN: &[u8] = b"\n====\n";
/// Most bytes of a request to the provider that are looked at.
const REQUEST_BYTES_MAX: usize = 16 * 1024;

/// The parts of an input; missing ones are empty.
fn parts<const N: usize>(data: &[u8]) -> [&[u8]; N] {
    let mut rest = Some(data);
    std::array::from_fn(|at| {
        let whole = rest.take().unwrap_or_default();
        let cut = whole.windows(BETWEEN.len()).position(|window| window == BETWEEN);
        match cut.filter(|_| at + 1 < N) {
            Some(place) => {
                rest = whole.get(place + BETWEEN.len()..);
                whole.get(..place).unwrap_or_default()
            }
            None => whole,
        }
    })
}

/// Grants as the security administrator gives them. One that is taken acts at the next read without a fault, shows
/// nothing to who is not meant, and is taken back.
pub fn grant(data: &[u8]) {
    let security = client("security_administrator");
    let readers = ["enterprise", "component_author"].map(client);
    RUNTIME.block_on(async {
        let request = security.request(Method::POST, "/api/v1/grants");
        let request = request.header(CONTENT_TYPE, "application/json").body(data.to_vec());
        let reply = security.send(request).await;
        assert!(reply.status.as_u16() < 500, "{}: {}", reply.status, reply.text());
        if reply.status != 201 {
            return;
        }
        let card = reply.json();
        let id = card.get("id").and_then(Value::as_str).expect("a grant has an id").to_owned();
        for reader in &readers {
            let rows = reader.get("/api/v1/datasets/raw.firm_order/rows?page_size=5").await;
            assert!(rows.status.as_u16() < 500, "{card}: {}", rows.text());
            let sum = reader.sql("SELECT count(*) AS n FROM raw.firm_order").await;
            assert!(sum.status.as_u16() < 500, "{card}: {}", sum.text());
        }
        let _ = security.delete(&format!("/api/v1/grants/{id}")).await.expect(204);
    });
}

/// A passkey of the account `enterprise`, and the handle by which its authenticator knows the account.
static PASSKEY: LazyLock<(Mutex<Authenticator>, String)> = LazyLock::new(|| {
    let domain = NODE.site.relying_party().expect("a node with a name");
    let authenticator = Authenticator::es256(NODE.site.origin(), domain);
    let person = client("enterprise");
    let account = RUNTIME.block_on(async {
        let asked = person.post("/api/v1/session/passkeys", &json!({})).await.expect(201);
        let body = authenticator.registration(challenge(&asked), "fuzz");
        let _ = person.post("/api/v1/session/passkeys/confirmation", &body).await.expect(200);
        let session = person.get("/api/v1/session").await.expect(200);
        session.pointer("/party/account").and_then(Value::as_str).expect("an account").to_owned()
    });
    (Mutex::new(authenticator), base64url(account.as_bytes()))
});

fn challenge(asked: &Value) -> &str {
    asked.get("challenge").and_then(Value::as_str).expect("a challenge")
}

/// What browsers and authenticators answer: client data, authenticator data, signature; an empty part is the genuine
/// one, `CHALLENGE` and `ORIGIN` stand for what was asked. Whoever changes a part is not let in.
pub fn passkey(data: &[u8]) {
    let [client_data, authenticator_data, signature, attestation] = parts::<4>(data);
    let (authenticator, handle) = &*PASSKEY;
    let (nobody, author) = (NODE.anonymous(), client("component_author"));
    RUNTIME.block_on(async {
        let asked = nobody.post("/api/v1/session/passkey-request", &json!({})).await.expect(200);
        let shown = authenticator.lock().unwrap_or_else(PoisonError::into_inner).show(challenge(&asked));
        let client_data = filled(client_data, challenge(&asked));
        let or =
            |given: &[u8], genuine: &[u8]| if given.is_empty() { genuine.to_vec() } else { given.to_vec() };
        let answer = [
            or(&client_data, &shown.client_data),
            or(authenticator_data, &shown.authenticator_data),
            or(signature, &shown.signature),
        ];
        let genuine = [&shown.client_data, &shown.authenticator_data, &shown.signature];
        let changed = answer.iter().zip(genuine).any(|(answer, genuine)| answer != genuine);
        let [client_data, authenticator_data, signature] = answer.map(|bytes| base64url(&bytes));
        let id = base64url(&authenticator.lock().unwrap_or_else(PoisonError::into_inner).credential_id);
        let answer = json!({
            "credential_id": id, "client_data": client_data, "authenticator_data": authenticator_data,
            "signature": signature, "user_handle": handle,
        });
        let reply = nobody.post("/api/v1/session/passkey", &json!({ "passkey": answer })).await;
        assert!(reply.status.as_u16() < 500, "{}", reply.text());
        // A genuine one may be refused: the inputs before it have locked the account.
        assert!(!changed || reply.status != 200, "{}", reply.text());
        if !attestation.is_empty() {
            register(&author, attestation).await;
        }
    });
}

/// An attestation as the browser of a signed-in person hands it in; whatever is taken is taken away again.
async fn register(person: &Client, attestation: &[u8]) {
    let asked = person.post("/api/v1/session/passkeys", &json!({})).await;
    if asked.status != 201 {
        assert!(asked.status.as_u16() < 500, "{}", asked.text());
        return;
    }
    let asked = asked.json();
    let said = format!(
        r#"{{"type":"webauthn.create","challenge":"{}","origin":"{}","crossOrigin":false}}"#,
        challenge(&asked),
        NODE.site.origin()
    );
    let body = json!({
        "name": "fuzz", "client_data": base64url(said.as_bytes()), "attestation": base64url(attestation),
    });
    let reply = person.post("/api/v1/session/passkeys/confirmation", &body).await;
    assert!(reply.status.as_u16() < 500, "{}", reply.text());
    if reply.status == 200 {
        let added = reply.json();
        let id = added.pointer("/passkey/id").and_then(Value::as_str).expect("a passkey has an id");
        let _ = person.delete(&format!("/api/v1/session/passkeys/{id}")).await;
    }
}

fn filled<'a>(text: &'a [u8], challenge: &str) -> Cow<'a, [u8]> {
    match std::str::from_utf8(text) {
        Ok(text) => {
            let text = text.replace("CHALLENGE", challenge).replace("ORIGIN", NODE.site.origin());
            Cow::Owned(text.into_bytes())
        }
        Err(_) => Cow::Borrowed(text),
    }
}

/// What the provider answers now, by path.
static ANSWERS: Mutex<[Vec<u8>; 3]> = Mutex::new([Vec::new(), Vec::new(), Vec::new()]);
/// Address of the provider.
static PROVIDER: LazyLock<String> = LazyLock::new(|| {
    RUNTIME.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move {
            while let Ok((line, _)) = listener.accept().await {
                tokio::spawn(answer(line));
            }
        });
        format!("http://{address}")
    })
});

/// One answer of the provider: its metadata, its keys or its tokens, as the input says.
async fn answer(mut line: TcpStream) {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    while request.len() < REQUEST_BYTES_MAX && !request.windows(4).any(|four| four == b"\r\n\r\n") {
        let Ok(read) = line.read(&mut buffer).await else { return };
        if read == 0 {
            return;
        }
        request.extend_from_slice(buffer.get(..read).unwrap_or_default());
    }
    let asked = String::from_utf8_lossy(&request).into_owned();
    let path = asked.split(' ').nth(1).unwrap_or_default();
    let at = if path.ends_with("openid-configuration") { 0 } else { 1 + usize::from(path.contains("token")) };
    let body = {
        let answers = ANSWERS.lock().unwrap_or_else(PoisonError::into_inner);
        answers.get(at).cloned().unwrap_or_default()
    };
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    // The node may have hung up on what it read so far.
    drop(line.write_all(&[head.as_bytes(), &body].concat()).await);
    drop(line.shutdown().await);
}

/// The key that the provider signs identity tokens with.
static SIGNS: LazyLock<Ed25519KeyPair> = LazyLock::new(|| Ed25519KeyPair::generate().expect("a key"));

/// What a provider of the OpenID Connect protocol says: metadata, keys, the answer with tokens, and the claims of the
/// identity token. `ISSUER` stands for its address, `KEYS` for its own keys, `TOKEN` for the claims signed by them,
/// `NONCE`, `NOW` and `LATER` for what a good token repeats. Nobody becomes an administrator by it, and nothing it says
/// is a fault of this node.
pub fn provider(data: &[u8]) {
    let [metadata, keys, tokens, claims] =
        parts::<4>(data).map(|part| String::from_utf8_lossy(part).into_owned());
    let issuer = PROVIDER.as_str();
    say([metadata.replace("ISSUER", issuer), keys.replace("KEYS", &own_keys()), String::new()]);
    let mut options = ProviderOptions::new("centre", issuer, "client");
    "env:SECRET".clone_into(&mut options.client_secret);
    options.create_accounts = true;
    let federation = NODE.trust.federation();
    federation.configure(vec![options], &|_| Some("secret".to_owned())).expect("a provider");
    let outcome = RUNTIME.block_on(async {
        let departure = federation.depart("centre", &NODE.site).await?;
        let url = reqwest::Url::parse(&departure.redirect).expect("where a browser is sent is an address");
        let field = |wanted: &str| {
            // The provider's own address may have fields of these names in front.
            let found = url.query_pairs().filter(|(name, _)| name == wanted).last();
            found.map(|(_, value)| value.into_owned()).expect("it is sent along")
        };
        let now = NODE.clock.now().timestamp();
        let claims = claims.replace("ISSUER", issuer).replace("NONCE", &field("nonce"));
        let claims = claims.replace("NOW", &now.to_string()).replace("LATER", &(now + 300).to_string());
        say_tokens(tokens.replace("TOKEN", &signed(&claims)));
        let back = Return {
            state: field("state"),
            code: Some("code".to_owned()),
            error: None,
            issuer: Some(issuer.to_owned()),
        };
        let keepsake = Some(departure.keepsake.expose());
        federation.arrive(&back, keepsake, None, &Origin::default(), Carrier::Token).await
    });
    match outcome {
        Ok(Arrival::SignIn(SignIn::Open(opened))) => assert!(may_be_vouched_for(&opened.party)),
        Ok(Arrival::SignIn(SignIn::SecondFactor(_)) | Arrival::Linked(_)) => {}
        Err(error) => {
            let failure = Failure::from(error);
            assert_ne!(failure.kind, ErrorKind::Internal, "{failure:?}");
        }
    }
}

fn say(answers: [String; 3]) {
    *ANSWERS.lock().unwrap_or_else(PoisonError::into_inner) = answers.map(String::into_bytes);
}

fn say_tokens(tokens: String) {
    if let Some(last) = ANSWERS.lock().unwrap_or_else(PoisonError::into_inner).last_mut() {
        *last = tokens.into_bytes();
    }
}

fn own_keys() -> String {
    let x = base64url(SIGNS.public_key().as_ref());
    let key = json!({ "kty": "OKP", "crv": "Ed25519", "kid": "k", "use": "sig", "alg": "EdDSA", "x": x });
    json!({ "keys": [key] }).to_string()
}

fn signed(claims: &str) -> String {
    let head = base64url(br#"{"alg":"EdDSA","kid":"k"}"#);
    let message = format!("{head}.{}", base64url(claims.as_bytes()));
    let signature = base64url(SIGNS.sign(message.as_bytes()).as_ref());
    format!("{message}.{signature}")
}

fn may_be_vouched_for(party: &Party) -> bool {
    !Role::ADMINISTRATORS.contains(&party.role)
}
