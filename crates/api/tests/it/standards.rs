//! Standards and master data over HTTP: who writes, who reads, and what is answered.

use brain_testkit::Node;
use serde_json::json;

const LISTS: &str = "/api/v1/standards/lists";
const PRODUCTS: &str = "/api/v1/master/products";

#[tokio::test]
async fn a_list_is_imported_by_who_may_and_judged_by_everybody() {
    let node = Node::start().await;
    let government = node.signed_in("government").await;
    let description =
        "id = \"colour\"\ntitle = { zh = \"颜色\", en = \"\" }\nstandard = \"\"\nsource = \"本市\"\n";
    let body = json!({ "description": description, "codes": "code,name_zh\n01,红\n02,绿\n" });
    let enterprise = node.signed_in("enterprise").await;
    assert_eq!(enterprise.post(LISTS, &body).await.status, 403);
    let made = government.post(LISTS, &body).await.expect(201);
    assert_eq!(
        (&made["id"], &made["codes"], &made["built_in"]),
        (&json!("colour"), &json!(2), &json!(false))
    );
    let wrong = json!({ "description": description, "codes": "code,name_zh\n01,红\n01,绿\n", "seen": 1 });
    let refused = government.post(LISTS, &wrong).await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (400, "standards/table"));
    assert!(refused.text().contains("Line 3"), "{}", refused.text());

    let judged = enterprise.get(&format!("{LISTS}/colour/judge?value=绿")).await.expect(200);
    assert_eq!((&judged["standing"], &judged["nearest"][0]["code"]), (&json!("unknown"), &json!("02")));
    let codes = enterprise.get(&format!("{LISTS}/gb_t_4754/codes?parent=349&page_size=1")).await.expect(200);
    assert_eq!(
        (codes["items"].as_array().unwrap().len(), codes["items"][0]["parent"].as_str()),
        (1, Some("349"))
    );
    assert_eq!(enterprise.get(&format!("{LISTS}/nowhere/codes")).await.code(), "warehouse/unknown-code-list");
}

#[tokio::test]
async fn products_are_registered_merged_and_found_by_their_old_codes() {
    let node = Node::start().await;
    let client = node.signed_in("industry_body").await;
    let mut codes = Vec::new();
    for name in ["深沟球轴承 6204", "轴承 6204"] {
        let body = json!({ "name": name, "attributes": { "maker": "精工" }, "reason": "登记" });
        let made = client.post(PRODUCTS, &body).await.expect(201);
        codes.push(made["product"]["code"].as_str().unwrap().to_owned());
    }
    let merge = json!({ "from": [codes[1]], "into": codes[0], "reason": "同一产品" });
    let _ = client.post(&format!("{PRODUCTS}/merge"), &merge).await.expect(200);
    let again = client.post(&format!("{PRODUCTS}/merge"), &merge).await;
    assert_eq!(again.code(), "standards/product-history");
    let reader = node.signed_in("component_author").await;
    let shown = reader.get(&format!("{PRODUCTS}/{}", codes[1])).await.expect(200);
    assert_eq!(
        (&shown["product"]["standing"]["state"], &shown["current"][0]["code"]),
        (&json!("replaced"), &json!(codes[0]))
    );
    assert_eq!(shown["history"].as_array().unwrap().len(), 2);
    assert_eq!(reader.get(&format!("{PRODUCTS}/CP00000000196")).await.code(), "standards/product-code");
    assert_eq!(reader.get(&format!("{PRODUCTS}?text=6204")).await.expect(200)["total"], 1);
    assert_eq!(reader.post(&format!("{PRODUCTS}/merge"), &merge).await.status, 403);
    let no_reason = json!({ "name": "x", "reason": " " });
    assert_eq!(client.post(PRODUCTS, &no_reason).await.code(), "warehouse/register-reason");
}
