//! Map boundaries: nothing without an approval number, everything under it.

use brain_testkit::{Client, Node, Reply};
use reqwest::Method;
use serde_json::{Value, json};
use std::fmt::Write as _;

const PATH: &str = "/api/v1/map/boundaries";

/// Two made-up squares under codes of provinces; no boundary of any real region.
fn squares() -> Value {
    let square = |x: i32| json!([[[x, 30], [x + 1, 30], [x + 1, 31], [x, 31], [x, 30]]]);
    let region = |code: &str, x: i32| {
        let geometry = json!({ "type": "Polygon", "coordinates": square(x) });
        json!({ "type": "Feature", "properties": { "adcode": code, "name": "试验" }, "geometry": geometry })
    };
    json!({ "type": "FeatureCollection", "features": [region("330000", 120), region("320000", 118)] })
}

async fn import(client: &Client, approval: &str, content: &str) -> Reply {
    let body = format!(
        "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"map.geojson\"\r\n\r\n{content}\r\n--b--\r\n"
    );
    let encoded = |text: &str| {
        text.bytes().fold(String::new(), |mut encoded, byte| {
            write!(encoded, "%{byte:02X}").unwrap();
            encoded
        })
    };
    let path = format!("{PATH}?approval={}&source={}", encoded(approval), encoded("试验图"));
    let request = client.request(Method::POST, &path);
    client.send(request.header("content-type", "multipart/form-data; boundary=b").body(body)).await
}

#[tokio::test]
async fn an_administrator_imports_boundaries_under_their_number_and_removes_them() {
    let node = Node::start().await;
    let administrator = node.signed_in("system_administrator").await;
    let viewer = node.signed_in("enterprise").await;
    assert!(viewer.get(PATH).await.expect(200)["boundaries"].is_null(), "a tile grid without an import");

    let report = import(&administrator, "GS（2024）0650号", &squares().to_string()).await.expect(201);
    assert_eq!((&report["approval"], &report["regions"]), (&json!("GS(2024)0650号"), &json!(2)));
    let seen = viewer.get(PATH).await.expect(200)["boundaries"].clone();
    assert_eq!((&seen["approval"], &seen["source"]), (&json!("GS(2024)0650号"), &json!("试验图")));
    assert_eq!(seen["geojson"]["features"][0]["properties"]["code"], "320000");
    assert_eq!(seen["geojson"]["features"][1]["geometry"]["coordinates"][0][0][0], json!([120.0, 30.0]));
    assert_eq!(std::fs::read_dir(node.folder().join("uploads")).unwrap().count(), 0);

    for _ in 0..2 {
        assert_eq!(administrator.delete(PATH).await.status, 204);
    }
    assert!(viewer.get(PATH).await.expect(200)["boundaries"].is_null());
    let kept = node.signed_in("auditor").await.get("/api/v1/evidence?kind=map.").await.expect(200);
    assert_eq!(kept["total"], 2, "one import, one removal: {kept}");
    assert_eq!(kept["items"][1]["body"]["approval"], "GS(2024)0650号");
    assert_eq!(kept["items"][1]["body"]["sha256"], report["sha256"]);
}

#[tokio::test]
async fn a_wrong_number_or_file_changes_nothing() {
    let node = Node::start().await;
    let administrator = node.signed_in("system_administrator").await;
    let imported = import(&administrator, "浙S(2023)12号", &squares().to_string()).await;
    assert_eq!(imported.status, 201);
    let cases = [
        ("", squares().to_string(), "api/malformed"),
        ("0650", squares().to_string(), "warehouse/boundary-approval"),
        ("GS(2024)0650号", "{}".to_owned(), "warehouse/boundary-file"),
        ("GS(2024)0650号", squares().to_string().replace("330000", "33"), "warehouse/boundary-file"),
    ];
    for (approval, content, code) in cases {
        assert_eq!(import(&administrator, approval, &content).await.code(), code, "{approval}");
    }
    assert_eq!(administrator.get(PATH).await.expect(200)["boundaries"]["approval"], "浙S(2023)12号");
    let government = node.signed_in("government").await;
    assert_eq!(import(&government, "GS(2024)0650号", &squares().to_string()).await.code(), "api/audience");
}
