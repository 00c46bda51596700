//! Product master data: products, what became of them, and what partners call them.

use crate::answer::{Page, Reply};
use crate::call::{Call, Json, NoQuery};
use crate::endpoint::{Audience, Endpoint};
use axum::http::Method;
use brain_kernel::error::Failure;
use brain_standards::product::Product;
use brain_warehouse::registers::{
    Described, Merged, NewProduct, ProductDetail, ProductQuery, Registers, Split, WRITERS,
};
use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct OnQuery {
    /// 该日的状态；默认今天 · As of this day; today where absent.
    on: Option<NaiveDate>,
}

pub(crate) fn endpoints() -> Vec<Endpoint> {
    const CHANGES: [&str; 7] = [
        "standards/product-code",
        "standards/unknown-product",
        "standards/product-history",
        "standards/value",
        "warehouse/register-reason",
        "warehouse/product-day",
        "warehouse/product-history-moved",
    ];
    let all = "/api/v1/master/products";
    let one = "/api/v1/master/products/{code}";
    [
        Endpoint::new(Method::GET, all, "products_list", list)
            .about("产品主数据", "Products of master data")
            .audience(Audience::SignedIn)
            .codes(&["warehouse/register-query"]),
        Endpoint::new(Method::GET, one, "products_show", show)
            .about(
                "一个产品：现行编码、历史、对方编码",
                "One product: current codes, history, partners' codes",
            )
            .audience(Audience::SignedIn)
            .codes(&["standards/product-code", "standards/unknown-product"]),
        Endpoint::new(Method::POST, all, "products_register", register)
            .about("登记产品并给予编码", "Register a product and give it a code")
            .roles(&WRITERS)
            .status(201)
            .codes(&CHANGES),
        Endpoint::new(Method::PUT, one, "products_describe", describe)
            .about("变更产品的名称和属性", "Describe a product anew")
            .roles(&WRITERS)
            .codes(&CHANGES),
        Endpoint::new(Method::POST, "/api/v1/master/products/merge", "products_merge", merge)
            .about("合并产品", "Merge products into one")
            .roles(&WRITERS)
            .codes(&CHANGES),
        Endpoint::new(Method::POST, "/api/v1/master/products/split", "products_split", split)
            .about("拆分产品", "Split a product")
            .roles(&WRITERS)
            .codes(&CHANGES),
    ]
    .map(|endpoint| endpoint.tag("master"))
    .into()
}

fn registers<Q, B>(call: &Call<Q, B>) -> Registers {
    call.app.warehouse.registers()
}

async fn list(call: Call<ProductQuery>) -> Result<Reply<Page<Product>>, Failure> {
    Ok(Page::from(registers(&call).products(&call.query).await?).into())
}

async fn show(call: Call<OnQuery>) -> Result<Reply<ProductDetail>, Failure> {
    Ok(registers(&call).product(call.path("code")?, call.query.on).await?.into())
}

async fn register(call: Call<NoQuery, Json<NewProduct>>) -> Result<Reply<ProductDetail>, Failure> {
    let (_, Json(new), call) = call.apart();
    Ok(registers(&call).register_product(call.party()?, new).await?.into())
}

async fn describe(call: Call<NoQuery, Json<Described>>) -> Result<Reply<ProductDetail>, Failure> {
    let (_, Json(new), call) = call.apart();
    Ok(registers(&call).describe_product(call.party()?, call.path("code")?, new).await?.into())
}

async fn merge(call: Call<NoQuery, Json<Merged>>) -> Result<Reply<ProductDetail>, Failure> {
    let (_, Json(new), call) = call.apart();
    Ok(registers(&call).merge_products(call.party()?, new).await?.into())
}

async fn split(call: Call<NoQuery, Json<Split>>) -> Result<Reply<ProductDetail>, Failure> {
    let (_, Json(new), call) = call.apart();
    Ok(registers(&call).split_product(call.party()?, new).await?.into())
}
