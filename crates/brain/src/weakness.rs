//! Settings that work and leave a door open (弱配置): what each means and how to close it.

use crate::config::Config;
use crate::process::Confinement;
use brain_kernel::language::Text;
use brain_kernel::party::Role;

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weakness {
    /// The setting, or what stands for it.
    pub key: &'static str,
    /// What it means.
    pub what: Text,
    /// What to do.
    pub fix: Text,
}

/// Everything that is weak about a configuration and about how the process runs.
pub fn all(config: &Config, process: &Confinement) -> Vec<Weakness> {
    let mut found = Vec::new();
    listeners(config, &mut found);
    identity(config, &mut found);
    calls(config, &mut found);
    running(process, &mut found);
    found
}

fn weak(key: &'static str, what: (&str, &str), fix: (&str, &str)) -> Weakness {
    Weakness { key, what: Text::new(what.0, what.1), fix: Text::new(fix.0, fix.1) }
}

fn listeners(config: &Config, found: &mut Vec<Weakness>) {
    let (http, local) = (&config.http, config.is_local());
    if config.hosts().is_empty() {
        found.push(weak(
            "http.hosts",
            (
                "任何主机名都被当作本节点（DNS 重绑定可冒用）",
                "any host name is taken for this node; DNS rebinding can use that",
            ),
            (
                "列出对外名称，如 hosts = [\"brain.example\"]",
                "list the node's names: hosts = [\"brain.example\"]",
            ),
        ));
    }
    if !http.gateway.is_empty() {
        if http.forwarded_from.is_empty() {
            found.push(weak(
                "http.forwarded_from",
                (
                    "网关后的所有人共用一个地址的限额与登录限速",
                    "everybody behind the gateway shares one address's limits and brake on guessing",
                ),
                (
                    "填网关地址，并让网关写 X-Forwarded-For",
                    "list the gateway's address, and let it write X-Forwarded-For",
                ),
            ));
        }
        if !http.secure_cookies && !config.tls.is_on() {
            found.push(weak(
                "http.secure_cookies",
                (
                    "会话 Cookie 没有 Secure 与 __Host- 前缀，也不发 HSTS",
                    "session cookies lack Secure and __Host-, and HSTS is not sent",
                ),
                ("网关终结 TLS 时设为 true", "set it to true where the gateway ends TLS"),
            ));
        }
    }
    if !local && http.administration().is_none() {
        found.push(weak(
            "http.admin_listen",
            ("管理操作与业务共用监听口", "administration shares the listener of everybody"),
            (
                "设独立地址，如 10.0.0.5:7601，并限制 http.admin_allow",
                "give it an address of its own and narrow http.admin_allow",
            ),
        ));
    }
    let open = http.administration().is_some_and(|address| !address.ip().is_loopback());
    if open && http.admin_allow.is_empty() {
        found.push(weak(
            "http.admin_allow",
            ("任何网络都能到达管理监听口", "any network reaches the administration's listener"),
            ("只列管理终端所在网段", "list only the networks of administrators' machines"),
        ));
    }
    if http.cors_origins.iter().any(|origin| origin.starts_with("http://") && !origin.contains("//localhost"))
    {
        found.push(weak(
            "http.cors_origins",
            (
                "允许明文来源的页面调用，途中可被篡改",
                "pages without TLS may call, and can be changed on their way",
            ),
            ("改为 https:// 来源", "use https:// origins"),
        ));
    }
}

fn identity(config: &Config, found: &mut Vec<Weakness>) {
    let trust = &config.trust;
    if !config.demo.accounts.is_empty() {
        found.push(weak(
            "demo.accounts",
            ("演示账户的口令是公开的", "passwords of demonstration accounts are public"),
            ("正式环境删除此节，并停用已建的账户", "remove the section and disable the accounts it made"),
        ));
    }
    if !Role::ADMINISTRATORS.iter().all(|role| trust.second_factor_required_roles.contains(role)) {
        found.push(weak(
            "trust.second_factor_required_roles",
            ("管理员登录不要求第二因素", "administrators sign in without a second factor"),
            ("至少列出三员", "list the three administrators at least"),
        ));
    }
    if trust.argon2_memory_kib < 19_456 || trust.argon2_passes < 2 {
        found.push(weak(
            "trust.argon2_memory_kib",
            ("口令散列低于 OWASP 的下限", "password hashing is below OWASP's least"),
            ("设为 19456 KiB、2 遍或更高", "set 19456 KiB and 2 passes, or more"),
        ));
    }
    if config.crypto.kek.is_empty() {
        found.push(weak(
            "crypto.kek",
            ("密钥加密密钥与数据在同一文件夹", "the key-encryption key lies in the data folder"),
            ("放到别处：file:/… 或 env:…", "keep it elsewhere: file:/… or env:…"),
        ));
    }
    if config.evidence.witnesses.is_empty() {
        found.push(weak(
            "evidence.witnesses",
            ("没有其他节点见证存证日志", "no other node witnesses the evidence log"),
            ("至少配置一个见证节点", "name one witness at least"),
        ));
    }
    if config.upload.scan_command.is_empty() && config.upload.clamd.is_empty() {
        found.push(weak(
            "upload.clamd",
            ("上传文件不做恶意代码检查", "uploads are not scanned for malicious code"),
            ("设 upload.clamd 或 upload.scan_command", "set upload.clamd or upload.scan_command"),
        ));
    }
}

fn calls(config: &Config, found: &mut Vec<Weakness>) {
    let everywhere = |text: &String| text.ends_with("/0");
    if config.egress.networks.iter().any(everywhere) {
        found.push(weak(
            "egress.networks",
            (
                "允许名字解析到任何地址，SSRF 防护失效",
                "names may lead to any address: the guard against SSRF is off",
            ),
            ("只列确需访问的内网网段", "list only the inner networks that must be reached"),
        ));
    }
    let plain = |url: &str| {
        url.starts_with("http://") && !url.starts_with("http://127.") && !url.starts_with("http://[::1]")
    };
    if plain(&config.telemetry.otlp_endpoint) || config.evidence.witnesses.iter().any(|peer| plain(&peer.url))
    {
        found.push(weak(
            "egress",
            ("有明文 http:// 的外呼地址", "an outgoing address is plain http://"),
            ("改为 https://", "use https://"),
        ));
    }
}

fn running(process: &Confinement, found: &mut Vec<Weakness>) {
    if !process.known {
        return;
    }
    if process.root {
        found.push(weak(
            "process",
            ("以 root 运行", "it runs as root"),
            ("用专门的系统用户运行", "run it under a system user of its own"),
        ));
    }
    if !process.no_new_privileges || process.core_bytes != 0 || process.umask != "0077" {
        found.push(weak(
            "process",
            (
                "进程未完全受限（提权、内核转储或文件权限）",
                "the process is not confined: new rights, core files or file modes",
            ),
            ("查看启动时的提示", "see what it said at start"),
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::load;
    use toml::Value;

    fn keys(pairs: &[(&'static str, Value)]) -> Vec<&'static str> {
        let config = load(None, std::iter::empty(), pairs.to_vec()).unwrap().config;
        let process = Confinement {
            known: true,
            no_new_privileges: true,
            umask: "0077".to_owned(),
            core_bytes: 0,
            root: false,
        };
        all(&config, &process).into_iter().map(|weakness| weakness.key).collect()
    }

    fn text(text: &str) -> Value {
        Value::String(text.to_owned())
    }

    fn list(text: &str) -> Value {
        Value::Array(vec![Value::String(text.to_owned())])
    }

    #[test]
    fn each_weak_setting_is_named_and_closing_it_takes_it_off_the_list() {
        let built_in = ["crypto.kek", "evidence.witnesses", "upload.clamd"];
        assert_eq!(keys(&[]), built_in, "a node for this machine alone");
        let behind = [("http.listen", text("0.0.0.0:7600")), ("http.gateway", text("gm"))];
        let expected = ["http.hosts", "http.forwarded_from", "http.secure_cookies", "http.admin_listen"];
        assert_eq!(keys(&behind), [&expected[..], &built_in].concat());
        let closed = [
            &behind[..],
            &[
                ("http.hosts", list("brain.example")),
                ("http.forwarded_from", list("10.0.0.9")),
                ("http.secure_cookies", Value::Boolean(true)),
                ("http.admin_listen", text("10.0.0.5:7601")),
                ("http.admin_allow", list("10.9.0.0/24")),
                ("crypto.kek", text("env:KEK")),
                ("upload.clamd", text("tcp://127.0.0.1:3310")),
            ],
        ]
        .concat();
        assert_eq!(keys(&closed), ["evidence.witnesses"]);
        assert!(keys(&[("egress.networks", list("0.0.0.0/0"))]).contains(&"egress.networks"));
        assert!(keys(&[("telemetry.otlp_endpoint", text("http://otel.example:4318"))]).contains(&"egress"));
        assert!(keys(&[("http.cors_origins", list("http://a.example"))]).contains(&"http.cors_origins"));
    }

    #[test]
    fn a_process_that_is_not_confined_is_said_to_be_so() {
        let config = load(None, std::iter::empty(), vec![]).unwrap().config;
        let loose = Confinement { known: true, root: true, ..Confinement::default() };
        let found = all(&config, &loose);
        assert_eq!(found.iter().filter(|weakness| weakness.key == "process").count(), 2);
    }
}
