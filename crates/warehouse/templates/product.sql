-- model: subject.{{industry}}_product
-- title: {{title}}：产品 | {{title}}: products
-- description: 产品目录，每个规范名称一行。 | Products, one row per canonical name.
-- owner: 产业大脑运营方
-- side: industry
-- grade: general1
-- source: raw.{{industry}}_product
-- licence: 按数据提供协议
-- keys: product_id
-- inputs: raw.{{industry}}_product, subject.industry
-- tags: {{industry}}, master
-- test: unique(product_id)
-- test: warn relationships(industry_code, subject.industry.code)
-- column: product_id | 产品标识 | Product id
-- column: name | 名称 | Name
-- column: name_en | 英文名称 | English name
-- column: pinyin_initials | 拼音首字母 | Pinyin initials
-- column: aliases | 别名 | Aliases
-- column: industry_code | 行业代码 | Industry code
-- column: industry_name | 行业 | Industry
-- column: stage | 环节 | Stage
-- column: unit | 计量单位 | Unit
-- column: hs_code | 海关编码 | HS code
-- column: essential | 是否关键 | Whether it is essential
-- The latest report of each key: files are added, and a later one corrects an earlier one.
WITH latest AS (
  SELECT * FROM (
    SELECT r.*, row_number() OVER (
      PARTITION BY trim(product) ORDER BY _run DESC, _file DESC, _line DESC
    ) AS place
    FROM raw.{{industry}}_product r
  ) WHERE place = 1
)
SELECT
  trim(l.product) AS product_id, trim(l.product) AS name, l.name_en, pinyin_initials(trim(l.product)) AS pinyin_initials,
  l.aliases, l.industry_code, i.name AS industry_name, l.stage, l.unit, l.hs_code,
  coalesce(l.essential, false) AS essential
FROM latest l
LEFT JOIN subject.industry i ON i.code = l.industry_code
