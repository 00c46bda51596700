//! Components as tools for models, spoken to in raw JSON-RPC.

use crate::sample;
use brain_testkit::{Client, Node};
use reqwest::Method;
use serde_json::{Value, json};

async fn call(client: &Client, method: &str, params: Value) -> Value {
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let request = client
        .request(Method::POST, "/api/v1/mcp")
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", "2025-06-18")
        .json(&message);
    client.send(request).await.expect(200)
}

#[tokio::test]
async fn a_model_introduces_itself_sees_the_tools_of_its_role_and_calls_one() {
    let node = Node::with_components(sample::components()).await;
    let client = node.signed_in("government").await;
    let hello = json!({
        "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" }
    });
    let introduced = call(&client, "initialize", hello).await;
    assert_eq!(introduced["result"]["serverInfo"]["title"], "测试大脑", "{introduced}");
    assert!(introduced["result"]["capabilities"]["tools"].is_object());

    let tools = call(&client, "tools/list", json!({})).await;
    let names: Vec<&str> = tools["result"]["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| tool["name"].as_str().unwrap())
        .collect();
    assert!(names.contains(&"test_echo") && !names.contains(&"test_secret"), "{names:?}");
    let echo = &tools["result"]["tools"][names.iter().position(|name| *name == "test_echo").unwrap()];
    assert_eq!(echo["inputSchema"]["required"], json!(["text", "times"]));
    assert_eq!(echo["annotations"]["readOnlyHint"], true);

    let arguments = json!({ "name": "test_echo", "arguments": { "text": "轴承", "times": 2 } });
    let outcome = call(&client, "tools/call", arguments).await;
    let content = &outcome["result"]["structuredContent"];
    assert_eq!(content["result"]["lines"][1]["text"], "轴承", "{outcome}");
    assert_eq!(content["provenance"]["component"], "test.echo");
    assert!(content["provenance"]["evidence"].is_u64());
}

#[tokio::test]
async fn a_refusal_is_told_to_the_model_and_a_foreign_tool_is_unknown() {
    let node = Node::with_components(sample::components()).await;
    let client = node.signed_in("government").await;
    let wrong = json!({ "name": "test_echo", "arguments": { "text": "x", "times": 99 } });
    let refused = call(&client, "tools/call", wrong).await;
    assert_eq!(refused["result"]["isError"], true, "{refused}");
    assert_eq!(refused["result"]["structuredContent"]["pointer"], "/times");
    let secret = json!({ "name": "test_secret", "arguments": { "text": "x", "times": 1 } });
    assert_eq!(call(&client, "tools/call", secret).await["error"]["code"], -32602);
}

#[tokio::test]
async fn nobody_talks_to_the_tools_without_a_credential() {
    let node = Node::with_components(sample::components()).await;
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    assert_eq!(node.anonymous().post("/api/v1/mcp", &message).await.status, 401);
    let client = node.signed_in("government").await;
    assert_eq!(client.get("/api/v1/mcp").await.status, 405);
}
