//! Files of a folder.

use brain_connect::Settings;
use chrono::TimeDelta;
use serde_json::json;

use crate::node::Node;

fn settings(node: &Node, pattern: &str) -> Settings {
    serde_json::from_value(json!({ "kind": "folder", "path": node.inbox(), "pattern": pattern })).unwrap()
}

#[tokio::test]
async fn new_and_changed_files_are_taken_once_and_oldest_first() {
    let node = Node::new(&[]);
    let write = |name: &str, text: &str| std::fs::write(node.inbox().join(name), text).unwrap();
    write("b.csv", "n\n1\n");
    std::thread::sleep(std::time::Duration::from_millis(20));
    write("a.csv", "n\n2\n");
    write("notes.txt", "x");
    let settings = settings(&node, "*.csv");
    let (texts, position) = node.drain(&settings, None).await;
    assert_eq!(texts, ["n\n1\n", "n\n2\n"]);

    let (texts, position) = node.drain(&settings, position).await;
    assert_eq!(texts, Vec::<String>::new(), "nothing is new");

    std::thread::sleep(std::time::Duration::from_millis(20));
    write("b.csv", "n\n1\n");
    write("c.csv", "n\n3\n");
    let (texts, position) = node.drain(&settings, position).await;
    assert_eq!(texts, ["n\n3\n"], "a file that was only touched is not taken again");

    write("a.csv", "n\n2\n4\n");
    let (texts, _) = node.drain(&settings, position).await;
    assert_eq!(texts, ["n\n2\n4\n"]);
}

#[tokio::test]
async fn a_file_that_is_still_written_is_left_alone() {
    let node = Node::new(&[]).ahead_by(TimeDelta::zero());
    std::fs::write(node.inbox().join("young.csv"), "n\n1").unwrap();
    for name in ["a.csv.part", ".b.csv", "c.csv~"] {
        std::fs::write(node.inbox().join(name), "n\n1").unwrap();
    }
    let settings = settings(&node, "*");
    assert!(node.batch(&settings, None, None).await.0.unwrap().is_none());
    let later = node.ahead_by(TimeDelta::minutes(1));
    let (texts, _) = later.drain(&settings, None).await;
    assert_eq!(texts, ["n\n1"]);
}

#[cfg(unix)]
#[tokio::test]
async fn nothing_outside_the_listed_folders_is_read_whatever_links_say() {
    let node = Node::new(&[]);
    let outside = node.folder.path().join("outside");
    std::fs::create_dir(&outside).unwrap();
    std::fs::write(outside.join("secret.csv"), "n\n1").unwrap();
    std::os::unix::fs::symlink(&outside, node.inbox().join("link")).unwrap();
    std::os::unix::fs::symlink(outside.join("secret.csv"), node.inbox().join("link.csv")).unwrap();
    assert!(node.batch(&settings(&node, "*"), None, None).await.0.unwrap().is_none());
    for path in [outside.clone(), node.inbox().join("link"), node.inbox().join("..").join("outside")] {
        let settings: Settings = serde_json::from_value(json!({ "kind": "folder", "path": path })).unwrap();
        let error = node.batch(&settings, None, None).await.0.unwrap_err();
        assert_eq!(error.code(), "connect/setting", "{}", path.display());
    }
}

#[tokio::test]
async fn a_folder_that_is_not_there_and_a_file_beyond_the_limit_are_said() {
    let mut node = Node::new(&[]);
    let missing: Settings =
        serde_json::from_value(json!({ "kind": "folder", "path": node.inbox().join("none") })).unwrap();
    let (outcome, attempts) = node.batch(&missing, None, None).await;
    assert_eq!((outcome.unwrap_err().code(), attempts), ("connect/folder", 1));
    node.limits.whole_bytes_max = 3;
    std::fs::write(node.inbox().join("a.csv"), "n\n1\n").unwrap();
    let (outcome, _) = node.batch(&settings(&node, "*"), None, None).await;
    assert_eq!(outcome.unwrap_err().code(), "connect/too-much");
}
