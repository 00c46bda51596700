//! A small dataset whose rows belong to different firms.

/// Mapping `firms`: table `raw.firm_order`, restricted by the column `owner`.
pub const FIRMS_MAPPING: &str = r#"
name = "firms"
title = { zh = "测试订单", en = "Test orders" }
description = { zh = "两家企业的订单。", en = "Orders of two firms." }
owner = "node"
side = "enterprise"
grade = "general2"
source = "brain-testkit"
licence = "Apache-2.0"

[[table]]
dataset = "raw.firm_order"
files = ["*.csv"]
mode = "replace"
restricted_by = "owner"

[[table.column]]
name = "owner"
type = "text"
required = true
rules = { uscc = true }

[[table.column]]
name = "product"
type = "text"
required = true

[[table.column]]
name = "amount_cny"
type = "float"

[[table.column]]
name = "ordered_on"
type = "date"
"#;

/// Five rows: two of [`crate::ORGANISATION`], two of [`crate::OTHER_ORGANISATION`], and one with a code that is none.
pub const FIRMS_CSV: &str = "owner,product,amount_cny,ordered_on\n\
    91330681716195421C,轴承,1200.5,2026-01-05\n\
    91330681716195421C,=减速器,80,2026-02-01\n\
    91330000142939553E,伺服电机,99.25,2026-01-20\n\
    91330000142939553E,控制器,,2026-03-02\n\
    NOT-A-CODE,螺栓,1,2026-01-01\n";
