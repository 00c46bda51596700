//! Business terms: what people call things, what is meant, and which data holds it.

use crate::answer::{Done, Page, Reply};
use crate::call::{Call, Json, NoQuery};
use crate::endpoint::{Audience, Endpoint};
use axum::http::Method;
use brain_kernel::error::Failure;
use brain_warehouse::terms::{NewTerm, Term, TermQuery, WRITERS};
use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ChangedTerm {
    /// 读到的修订号 · Revision that was read.
    revision: i64,
    /// 新内容 · What it shall be.
    term: NewTerm,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct RemoveQuery {
    /// 读到的修订号 · Revision that was read.
    revision: i64,
}

pub(crate) fn endpoints() -> Vec<Endpoint> {
    let one = "/api/v1/terms/{id}";
    [
        Endpoint::new(Method::GET, "/api/v1/terms", "terms_list", list)
            .about("业务术语", "Business terms")
            .audience(Audience::SignedIn)
            .codes(&["warehouse/term"]),
        Endpoint::new(Method::GET, one, "terms_show", show)
            .about("一个业务术语", "One business term")
            .audience(Audience::SignedIn)
            .codes(&["warehouse/unknown-term"]),
        Endpoint::new(Method::POST, "/api/v1/terms", "terms_create", create)
            .about("新建业务术语", "Write a business term")
            .roles(&WRITERS)
            .status(201)
            .codes(&["warehouse/term", "warehouse/term-exists", "warehouse/terms-full"]),
        Endpoint::new(Method::PUT, one, "terms_change", change)
            .about("修改业务术语", "Change a business term")
            .roles(&WRITERS)
            .codes(&["warehouse/term", "warehouse/term-exists", "warehouse/unknown-term", "store/stale"]),
        Endpoint::new(Method::DELETE, one, "terms_remove", remove)
            .about("删除业务术语", "Remove a business term")
            .roles(&WRITERS)
            .status(204)
            .codes(&["warehouse/unknown-term", "store/stale"]),
    ]
    .map(|endpoint| endpoint.tag("terms"))
    .into()
}

async fn list(call: Call<TermQuery>) -> Result<Reply<Page<Term>>, Failure> {
    Ok(Page::from(call.app.warehouse.terms().list(&call.query).await?).into())
}

async fn show(call: Call) -> Result<Reply<Term>, Failure> {
    Ok(call.app.warehouse.terms().get(call.path("id")?).await?.into())
}

async fn create(call: Call<NoQuery, Json<NewTerm>>) -> Result<Reply<Term>, Failure> {
    let actor = call.party()?.clone();
    Ok(call.app.warehouse.terms().create(&actor, call.body.0).await?.into())
}

async fn change(call: Call<NoQuery, Json<ChangedTerm>>) -> Result<Reply<Term>, Failure> {
    let (actor, id) = (call.party()?.clone(), call.path("id")?.to_owned());
    let ChangedTerm { revision, term } = call.body.0;
    Ok(call.app.warehouse.terms().change(&actor, &id, revision, term).await?.into())
}

async fn remove(call: Call<RemoveQuery>) -> Result<Done, Failure> {
    call.app.warehouse.terms().remove(call.party()?, call.path("id")?, call.query.revision).await?;
    Ok(Done::default())
}
