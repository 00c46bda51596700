use super::*;

fn variables(pairs: &[(&str, &str)]) -> impl Iterator<Item = (String, String)> {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect::<Vec<_>>().into_iter()
}

#[test]
fn flags_beat_environment_beats_file_beats_defaults() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("brain.toml");
    std::fs::write(
        &file,
        "[http]\nlisten = \"127.0.0.1:1\"\n[node]\nname = \"甲\"\n[warehouse]\nquery_timeout_s = 5\n",
    )
    .unwrap();
    let environment =
        variables(&[("BRAIN_HTTP_LISTEN", "127.0.0.1:2"), ("BRAIN_NODE_NAME", "乙"), ("HOME", "/")]);
    let flags = vec![("http.listen", Value::String("127.0.0.1:3".into()))];
    let loaded = load(Some(&file), environment, flags).unwrap();
    assert_eq!(loaded.config.http.listen.port(), 3);
    assert_eq!(loaded.config.node.name, "乙");
    assert_eq!(loaded.config.warehouse.query_timeout_s, 5);
    assert_eq!(loaded.config.warehouse.query_memory_mib, 1024);
    assert_eq!(loaded.sources["http.listen"], "flag");
    assert_eq!(loaded.sources["node.name"], "BRAIN_NODE_NAME");
}

#[test]
fn mistakes_name_the_key_and_the_mend() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("brain.toml");
    let attempt = |text: &str, environment: &[(&str, &str)]| {
        std::fs::write(&file, text).unwrap();
        load(Some(&file), variables(environment), vec![]).unwrap_err().to_string()
    };
    assert!(attempt("[http]\nlisten_adress = \"x\"", &[]).contains("listen_adress"));
    assert!(attempt("[warehouse]\nquery_timeout_s = 0", &[]).contains("warehouse.query_timeout_s"));
    assert!(attempt("", &[("BRAIN_HTTP_LISTENN", "x")]).contains("http.listenn"));
    assert!(
        attempt("", &[("BRAIN_WAREHOUSE_QUERY_TIMEOUT_S", "soon")])
            .contains("BRAIN_WAREHOUSE_QUERY_TIMEOUT_S")
    );
    assert!(attempt("[store]\nurl = \"mysql://x\"", &[]).contains("store.url"));
    assert!(attempt("[http]\npublic_url = \"http://brain.example\"", &[]).contains("public address"));
    assert!(attempt("[[identity.providers]]\nid = \"centre\"", &[]).contains("title"));
    for (text, key) in [
        ("[limits]\ncaller_points_per_s = 0", "limits.caller_points_per_s"),
        ("[limits]\nhead_kib = 4", "limits.head_kib"),
        ("[limits]\nhead_kib = 65", "limits.head_kib"),
        ("[http]\nallow = [\"ten\"]", "http.allow"),
        ("[http]\nadmin_allow = [\"10.0.0.0/8\"]", "http.admin_listen"),
        ("[http]\nadmin_listen = \"somewhere\"", "http.admin_listen"),
        ("[http]\nadmin_listen = \"0.0.0.0:7601\"", "http.admin_listen"),
        ("[http]\nadmin_listen = \"127.0.0.1:7600\"", "http.admin_listen"),
        ("[http]\ncors_origins = [\"https://a.example/path\"]", "http.cors_origins"),
        ("[http]\ncors_origins = [\"*\"]", "http.cors_origins"),
        ("[http]\nhosts = [\"https://a.example\"]", "http.hosts"),
        ("[upload]\nclamd = \"127.0.0.1:3310\"", "upload.clamd"),
        ("[upload]\nscan_command = [\"clamscan\"]\nclamd = \"tcp://127.0.0.1:3310\"", "upload.clamd"),
        ("[upload]\nscan_command = [\"\"]", "upload.scan_command"),
        ("[egress]\nallow = [\"peer.example\"]", "egress.allow"),
        ("[egress]\nnetworks = [\"10.0.0.0/99\"]", "egress.networks"),
        ("[connect]\nfolders = [\"in\"]", "connect.folders"),
        ("[corpus]\nocr = \"tesseract\"", "corpus.ocr"),
        ("[lineage]\nopenlineage_token = \"secret\"", "lineage.openlineage_token"),
        ("[warehouse]\nunpack_ratio_max = 1", "warehouse.unpack_ratio_max"),
        ("[lake]\nurl = \"/srv/lake\"", "lake.url"),
        ("[lake]\nurl = \"s3://lake\"", "lake.endpoint"),
        ("[lake]\nurl = \"s3://lake\"\nendpoint = \"http://s3.example\"", "lake.endpoint"),
        ("[lake]\nurl = \"s3://lake\"\nendpoint = \"https://s3.example\"", "lake.access_key_id"),
        (
            "[lake]\nurl = \"s3://lake\"\nendpoint = \"https://s3.example\"\naccess_key_id = \"a\"\nregion = \"\"",
            "lake.region",
        ),
        (
            "[lake]\nurl = \"s3://lake\"\nendpoint = \"https://s3.example\"\naccess_key_id = \"a\"\nsecret_access_key = \"geheim\"",
            "lake.secret_access_key",
        ),
        ("[lake]\nendpoint = \"https://s3.example\"", "lake.url"),
        ("[maintenance]\norphan_hours = 1", "maintenance.orphan_hours"),
        ("[maintenance]\ntarget_file_mib = 8", "maintenance.target_file_mib"),
    ] {
        assert!(attempt(text, &[]).contains(key), "{text}: {}", attempt(text, &[]));
    }
}

#[test]
fn what_is_built_in_is_what_each_part_takes_for_its_default() {
    let config = load(None, variables(&[]), vec![]).unwrap().config;
    assert_eq!(config.limits, Limits::default());
    assert_eq!(config.upload, ScanOptions::default());
    assert_eq!(config.egress, EgressOptions::default());
    assert_eq!(config.maintenance, MaintenanceOptions::default());
    assert_eq!(config.trust, brain_trust::Options::default());
}

#[test]
fn on_this_machine_alone_only_its_own_names_count() {
    let hosts =
        |pairs: &[(&'static str, Value)]| load(None, variables(&[]), pairs.to_vec()).unwrap().config.hosts();
    let text = |text: &str| Value::String(text.to_owned());
    assert_eq!(hosts(&[]), ["localhost", "127.0.0.1", "::1"]);
    assert_eq!(hosts(&[("http.gateway", text("nginx"))]), [""; 0]);
    let listed = [("http.hosts", Value::Array(vec![text("brain.example")]))];
    assert_eq!(hosts(&listed), ["brain.example", "localhost", "127.0.0.1", "::1"]);
    let open = [("http.listen", text("0.0.0.0:7600")), ("tls.own_authority", Value::Boolean(true))];
    assert_eq!(hosts(&open), [""; 0]);
}

#[test]
fn the_public_address_is_what_was_written_or_this_machine_by_name() {
    let loaded = load(None, variables(&[("BRAIN_NODE_DATA", "/nowhere")]), vec![]).unwrap();
    let mut http = loaded.config.http;
    let here: SocketAddr = "127.0.0.1:7612".parse().unwrap();
    assert_eq!(http.site(here, false).unwrap().unwrap().origin(), "http://localhost:7612");
    assert_eq!(http.site(here, true).unwrap().unwrap().origin(), "https://localhost:7612");
    assert!(http.site("10.0.0.1:7600".parse().unwrap(), true).unwrap().is_none(), "nobody guesses a name");
    http.public_url = "https://brain.example/".to_owned();
    assert_eq!(http.site(here, false).unwrap().unwrap().origin(), "https://brain.example");
}

#[test]
fn plain_text_off_this_machine_takes_tls_or_a_gateway_by_name() {
    let attempt = |pairs: &[(&'static str, &str)]| {
        let flags = pairs.iter().map(|(key, value)| (*key, Value::String((*value).to_owned()))).collect();
        load(None, variables(&[]), flags).map(|_| ()).map_err(|error| error.to_string())
    };
    let open = ("http.listen", "0.0.0.0:7600");
    assert!(attempt(&[open]).unwrap_err().contains("http.gateway"));
    assert!(attempt(&[("http.listen", "[::]:7600")]).unwrap_err().contains("tls.own_authority"));
    attempt(&[("http.listen", "[::1]:7600")]).unwrap();
    attempt(&[open, ("http.gateway", "gm-ssl-01")]).unwrap();
    attempt(&[open, ("tls.certificate", "a.pem"), ("tls.key", "a.key")]).unwrap();
    assert!(attempt(&[open, ("tls.certificate", "a.pem")]).unwrap_err().contains("tls.key"));
}

#[test]
fn audit_records_cannot_be_kept_shorter_than_the_law_says() {
    let attempt = |key: &'static str, days: i64| {
        let set = load(None, variables(&[]), vec![(key, Value::Integer(days))]);
        set.map(|_| ()).map_err(|error| error.to_string())
    };
    let refused = attempt("audit.days", 179).unwrap_err();
    assert!(refused.contains("audit.days") && refused.contains("网络安全法"), "{refused}");
    attempt("audit.days", 180).unwrap();
    assert!(attempt("audit.exchange_days", 1_094).unwrap_err().contains("audit.exchange_days"));
    attempt("audit.exchange_days", 1_095).unwrap();
}

#[test]
fn secrets_are_hidden_when_shown() {
    let flags = vec![("store.url", Value::String("postgres://brain:geheim@db:5432/brain".into()))];
    let text = shown(&load(None, variables(&[]), flags).unwrap()).unwrap();
    assert!(text.contains("postgres://brain:******@db:5432/brain"));
    assert!(!text.contains("geheim"));
}

/// What `fuzz/` does for other parsers; this one is in a program and cannot be reached from there.
#[test]
fn hostile_values_of_every_key_and_files_cut_short_are_taken_or_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("brain.toml");
    let attempt = |text: &str, environment: &[(&str, &str)]| {
        std::fs::write(&file, text).unwrap();
        if let Err(refused) = load(Some(&file), variables(environment), vec![]) {
            assert!(!refused.to_string().trim().is_empty(), "{text:?} {environment:?}");
        }
    };
    let hostile = ["-1", "0", "9223372036854775807", "\"\"", "\"\\u0000中\"", "[\"\"]", "[[]]", "{}", "nan"];
    let defaults: Table = DEFAULTS.parse().unwrap();
    for (section, keys) in &defaults {
        for key in keys.as_table().unwrap().keys() {
            for value in hostile {
                attempt(&format!("[{section}]\n{key} = {value}\n"), &[]);
            }
            let variable = format!("BRAIN_{section}_{key}").to_uppercase();
            for text in ["", "-1", "\u{0}", "18446744073709551616", "真"] {
                attempt("", &[(&variable, text)]);
            }
        }
    }
    for cut in DEFAULTS.char_indices().map(|(at, _)| at).step_by(31) {
        attempt(&DEFAULTS[..cut], &[]);
    }
}
