-- model: subject.{{industry}}_policy
-- title: {{title}}：政策 | {{title}}: policies
-- description: 产业政策，每个文号一行。 | Industrial policies, one row per document number.
-- owner: 产业大脑运营方
-- side: public
-- grade: general1
-- source: raw.{{industry}}_policy
-- licence: 按数据提供协议
-- keys: policy_id
-- inputs: raw.{{industry}}_policy, subject.region
-- tags: {{industry}}, public
-- test: unique(policy_id)
-- test: not_null(title)
-- test: expression(effective_from <= effective_to)
-- test: accepted_values(level, 'national', 'province', 'city', 'county')
-- column: policy_id | 文号 | Document number
-- column: title | 标题 | Title
-- column: issuer | 发文机关 | Issuer
-- column: level | 层级 | Level
-- column: region_code | 行政区划代码 | Region code
-- column: region_name | 地区 | Region
-- column: issued_on | 发文日期 | Issued on
-- column: effective_from | 生效日期 | In force from
-- column: effective_to | 失效日期 | In force to
-- column: support | 支持方式 | Kind of support
-- column: url | 网址 | Address
-- The latest report of each key: files are added, and a later one corrects an earlier one.
WITH latest AS (
  SELECT * FROM (
    SELECT r.*, row_number() OVER (
      PARTITION BY policy_no ORDER BY _run DESC, _file DESC, _line DESC
    ) AS place
    FROM raw.{{industry}}_policy r
  ) WHERE place = 1
)
SELECT
  l.policy_no AS policy_id, trim(l.title) AS title, l.issuer, l.level, l.region_code, r.name AS region_name, l.issued_on,
  coalesce(l.effective_from, l.issued_on) AS effective_from, l.effective_to, l.support, l.url
FROM latest l
LEFT JOIN subject.region r ON r.region_code = l.region_code
