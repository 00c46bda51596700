-- model: subject.{{industry}}_enterprise
-- title: {{title}}：企业 | {{title}}: enterprises
-- description: 企业基本信息，每个信用代码一行，保留最近一次上报。 | Enterprises, one row per credit code, the latest report of each.
-- owner: 产业大脑运营方
-- side: industry
-- grade: general2
-- source: raw.{{industry}}_enterprise
-- licence: 按数据提供协议
-- keys: enterprise_id
-- inputs: raw.{{industry}}_enterprise, subject.region, subject.industry
-- tags: {{industry}}, master
-- test: unique(enterprise_id)
-- test: not_null(name)
-- test: warn relationships(industry_code, subject.industry.code)
-- test: warn not_null(region_code) at_least 0.9
-- column: enterprise_id | 企业标识 | Enterprise id
-- column: name | 名称 | Name
-- column: name_key | 归一名称 | Name for matching
-- column: short_name | 简称 | Short name
-- column: region_code | 行政区划代码 | Region code
-- column: province | 省 | Province
-- column: industry_code | 行业代码 | Industry code
-- column: industry_name | 行业 | Industry
-- column: established_on | 成立日期 | Established on
-- column: capital_cny | 注册资本 | Registered capital | | CNY
-- column: employees | 职工人数 | Employees
-- column: status | 状态 | Status
-- column: address | 住所 | Address
-- column: scope | 经营范围 | Business scope
-- column: source_file | 来源文件 | Source file
-- column: source_line | 来源行 | Source line
-- The latest report of each key: files are added, and a later one corrects an earlier one.
WITH latest AS (
  SELECT * FROM (
    SELECT r.*, row_number() OVER (
      PARTITION BY uscc ORDER BY _run DESC, _file DESC, _line DESC
    ) AS place
    FROM raw.{{industry}}_enterprise r
  ) WHERE place = 1
)
SELECT
  l.uscc AS enterprise_id, trim(l.name) AS name, company_name_key(l.name) AS name_key, l.short_name, l.region_code,
  p.name AS province, l.industry_code, i.name AS industry_name, l.established_on, l.capital AS capital_cny,
  l.employees, l.status, l.address, l.scope, l._file AS source_file, l._line AS source_line
FROM latest l
LEFT JOIN subject.region p ON p.region_code = left(l.region_code, 2) || '0000'
LEFT JOIN subject.industry i ON i.code = l.industry_code
