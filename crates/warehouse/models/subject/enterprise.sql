-- model: subject.enterprise
-- title: 企业 | Enterprises
-- description: 一家企业一行：登记、上市、示范三个来源按统一社会信用代码与全称合并。 | One row per enterprise: register, listings and curated facts joined on credit code and full name.
-- owner: 产业大脑运营方
-- side: public
-- grade: general1
-- source: company register; listed companies; curated; ChainKnowledgeGraph; ICKG-25; simulated, where a row says so
-- licence: per row
-- keys: enterprise_id
-- inputs: subject.region
-- optional: subject.product (product_id text)
-- optional: subject.industry (code text, name text)
-- optional: raw.registry (file_year bigint, name text, uscc text, reg_date date, type text, capital text, scope text, province text, city text, address text, _file text, _line bigint, _run text)
-- optional: raw.simulated_registration (file_year bigint, name text, uscc text, reg_date date, type text, capital text, scope text, province text, city text, address text, _file text, _line bigint, _run text)
-- optional: raw.listed_stock_basic (code text, short_name text, area text, industry text, full_name text, listed_on date, _file text, _line bigint)
-- optional: raw.listed_address (code text, registered_address text, registered_on date)
-- optional: raw.chain_kg_company (name text, fullname text, code text, time date, _file text, _line bigint)
-- optional: raw.curated_enterprise (code text, short_name text, full_name text, uscc text, province text, city text, region_code text, gbt4754 text, listed_on date, registered_address text, observed date, source text, _file text, _line bigint)
-- optional: raw.ickg25 (date date, head text, relation text, tail text)
-- column: enterprise_id | 企业标识 | Enterprise id
-- column: uscc | 统一社会信用代码 | Unified social credit code
-- column: name | 名称 | Name
-- column: name_key | 名称键 | Name key
-- column: short_name | 简称 | Short name
-- column: pinyin_initials | 拼音首字母 | Pinyin initials
-- column: stock_code | 股票代码 | Stock code
-- column: region_code | 行政区划代码 | Region code
-- column: province | 省 | Province
-- column: city | 市 | City
-- column: district | 县（区） | County
-- column: industry_code | 行业代码（GB/T 4754） | Industry code (GB/T 4754)
-- column: industry_name | 行业 | Industry
-- column: capital_cny | 注册资本（元，外币按参考汇率） | Registered capital (foreign currency at reference rates) | general1 | CNY
-- column: capital_currency | 注册资本币种 | Currency of the capital
-- column: capital_text | 注册资本原文 | Capital as registered
-- column: established_on | 成立日期 | Established on
-- column: listed_on | 上市日期 | Listed on
-- column: enterprise_type | 企业类型 | Enterprise type
-- column: status | 状态 | Status
-- column: address | 地址 | Address
-- column: scope | 经营范围 | Business scope
-- column: source | 来源 | Source
-- column: observed_on | 观察日期 | Observed on
-- column: source_dataset | 来源数据集 | Source dataset
-- column: source_file | 来源文件 | Source file
-- column: source_line | 来源行号 | Source line
WITH basic AS (
  SELECT left(code, 6) AS code6, code, short_name, full_name, area, industry, listed_on, _file, _line
  FROM raw.listed_stock_basic
),
graph AS (
  -- Codes come with and without their exchange.
  SELECT left(code, 6) AS code6, max(name) AS short_name, max(fullname) AS full_name, max(time) AS listed_on,
    max(_file) AS _file, min(_line) AS _line
  FROM raw.chain_kg_company GROUP BY left(code, 6)
),
curated AS (
  SELECT left(code, 6) AS code6, code, short_name, full_name, uscc, province, city, region_code, gbt4754, listed_on,
    registered_address, observed, source, _file, _line
  FROM raw.curated_enterprise
),
place_of AS (
  SELECT code AS code6, max(registered_address) AS address, max(registered_on) AS registered_on
  FROM raw.listed_address GROUP BY code
),
codes AS (
  SELECT code6 FROM basic UNION SELECT code6 FROM graph UNION SELECT code6 FROM curated
),
listed AS (
  SELECT
    k.code6,
    coalesce(c.code, b.code, k.code6 || CASE
      WHEN k.code6 LIKE '6%' OR k.code6 LIKE '900%' THEN '.SH'
      WHEN k.code6 LIKE '0%' OR k.code6 LIKE '2%' OR k.code6 LIKE '3%' THEN '.SZ'
      ELSE '.BJ' END) AS stock_code,
    coalesce(c.full_name, b.full_name, g.full_name, b.short_name, g.short_name) AS name,
    company_name_key(coalesce(c.full_name, b.full_name, g.full_name, b.short_name, g.short_name)) AS name_key,
    coalesce(c.short_name, b.short_name, g.short_name) AS short_name,
    c.uscc,
    c.region_code,
    coalesce(c.province, b.area) AS province,
    coalesce(c.city, b.area) AS city,
    coalesce(c.registered_address, p.address) AS address,
    p.registered_on,
    coalesce(c.listed_on, b.listed_on, g.listed_on) AS listed_on,
    c.gbt4754,
    b.industry,
    CASE WHEN c.code6 IS NOT NULL THEN c.source WHEN b.code6 IS NOT NULL THEN '交易所公开信息 2026-02'
      ELSE 'ChainKnowledgeGraph 2021-10' END AS source,
    CASE WHEN c.code6 IS NOT NULL THEN c.observed WHEN b.code6 IS NOT NULL THEN DATE '2026-02-28'
      ELSE DATE '2021-10-26' END AS observed_on,
    CASE WHEN c.code6 IS NOT NULL THEN 'raw.curated_enterprise' WHEN b.code6 IS NOT NULL THEN 'raw.listed_stock_basic'
      ELSE 'raw.chain_kg_company' END AS source_dataset,
    coalesce(c._file, b._file, g._file) AS source_file,
    coalesce(c._line, b._line, g._line) AS source_line
  FROM codes k
  LEFT JOIN curated c ON c.code6 = k.code6
  LEFT JOIN basic b ON b.code6 = k.code6
  LEFT JOIN graph g ON g.code6 = k.code6
  LEFT JOIN place_of p ON p.code6 = k.code6
),
-- Simulated firms bear codes and names no real one can have, so nothing merges with them, and each row says what it is.
registered AS (
  SELECT file_year, name, uscc, reg_date, type, capital, scope, province, city, address, _file, _line, _run,
    '企业登记 2019-06' AS source, DATE '2019-06-06' AS observed_on, 'raw.registry' AS source_dataset
  FROM raw.registry
  UNION ALL
  SELECT file_year, name, uscc, reg_date, type, capital, scope, province, city, address, _file, _line, _run,
    '模拟数据' AS source, CAST(NULL AS date) AS observed_on, 'raw.simulated_registration' AS source_dataset
  FROM raw.simulated_registration
),
-- The latest record of each credit code. Only codes that occur twice are sorted, so a million rows stay cheap.
-- The left side of a join is held in memory: of a register and few others it must be the few, here and below.
twice AS (
  SELECT uscc FROM registered GROUP BY uscc HAVING count(*) > 1
),
outdated AS (
  SELECT _run, _file, _line FROM (
    SELECT r._run, r._file, r._line, row_number() OVER (
      PARTITION BY r.uscc ORDER BY r.file_year DESC NULLS LAST, r._run DESC, r._file DESC, r._line DESC
    ) AS place
    FROM twice t JOIN registered r ON r.uscc = t.uscc
  ) WHERE place > 1
),
registry AS (
  SELECT r.* FROM outdated o
  RIGHT ANTI JOIN registered r ON o._line = r._line AND o._file = r._file AND o._run = r._run
),
-- A full name that exactly one registered firm bears identifies a listed firm.
by_name AS (
  SELECT company_name_key(r.name) AS name_key, min(r.uscc) AS uscc
  FROM registry r
  WHERE company_name_key(r.name) IN (SELECT name_key FROM listed)
  GROUP BY company_name_key(r.name) HAVING count(DISTINCT r.uscc) = 1
),
identified AS (
  SELECT * FROM (
    SELECT l.*, coalesce(l.uscc, n.uscc) AS own_uscc,
      -- A and B shares are one firm.
      row_number() OVER (PARTITION BY coalesce(l.uscc, n.uscc, l.name_key) ORDER BY l.code6) AS place
    FROM listed l LEFT JOIN by_name n ON n.name_key = l.name_key
  ) WHERE place = 1
),
named_only AS (
  SELECT e.name, max(e.date) AS observed_on
  FROM (
    SELECT trim(head) AS name, date FROM raw.ickg25 WHERE relation = '供给'
    UNION ALL
    SELECT trim(tail) AS name, date FROM raw.ickg25 WHERE relation = '供给'
  ) e
  LEFT ANTI JOIN listed s ON s.short_name = e.name
  LEFT ANTI JOIN listed f ON f.name = e.name
  WHERE char_length(e.name) >= 2
  GROUP BY e.name
),
every AS (
  SELECT
    coalesce(l.own_uscc, 'code:' || l.stock_code) AS enterprise_id, l.own_uscc AS uscc, l.name, l.name_key, l.short_name,
    l.stock_code, l.region_code AS known_region, coalesce(r.province, l.province) AS province_text,
    coalesce(r.city, l.city) AS city_text, l.gbt4754 AS known_industry, l.industry AS industry_text,
    r.capital AS capital_text, coalesce(r.reg_date, l.registered_on) AS established_on, l.listed_on,
    r.type AS enterprise_type, '上市' AS status, coalesce(l.address, r.address) AS address, r.scope,
    l.source, l.observed_on, l.source_dataset, l.source_file, l.source_line
  FROM identified l LEFT JOIN registry r ON r.uscc = l.own_uscc
  UNION ALL
  SELECT
    r.uscc AS enterprise_id, r.uscc, r.name, company_name_key(r.name) AS name_key, NULL AS short_name,
    NULL AS stock_code, NULL AS known_region, r.province AS province_text, r.city AS city_text,
    NULL AS known_industry, NULL AS industry_text, r.capital AS capital_text, r.reg_date AS established_on,
    NULL AS listed_on, r.type AS enterprise_type, NULL AS status, r.address, r.scope,
    r.source, r.observed_on, r.source_dataset, r._file AS source_file, r._line AS source_line
  FROM identified l RIGHT ANTI JOIN registry r ON l.own_uscc = r.uscc
  UNION ALL
  SELECT
    'name:' || company_name_key(n.name) AS enterprise_id, NULL AS uscc, min(n.name) AS name,
    company_name_key(n.name) AS name_key, min(n.name) AS short_name, NULL AS stock_code, NULL AS known_region,
    NULL AS province_text, NULL AS city_text, NULL AS known_industry, NULL AS industry_text, NULL AS capital_text,
    NULL AS established_on, NULL AS listed_on, NULL AS enterprise_type, NULL AS status, NULL AS address,
    NULL AS scope, 'ICKG-25' AS source, max(n.observed_on) AS observed_on, 'raw.ickg25' AS source_dataset,
    NULL AS source_file, NULL AS source_line
  FROM named_only n
  WHERE company_name_key(n.name) IS NOT NULL
  GROUP BY company_name_key(n.name)
),
standard AS (
  SELECT *,
    coalesce(known_region, region_code(address, province_text, city_text)) AS region_code,
    coalesce(known_industry, scope_industry(scope, name)['code']) AS industry_code
  FROM every
)
SELECT
  s.enterprise_id, s.uscc, s.name, s.name_key, s.short_name,
  pinyin_initials(coalesce(s.short_name, s.name)) AS pinyin_initials,
  s.stock_code, s.region_code,
  coalesce(p.name, s.province_text) AS province,
  coalesce(c.name, s.city_text) AS city,
  d.name AS district,
  s.industry_code,
  coalesce(i.name, s.industry_text) AS industry_name,
  capital_cny(s.capital_text) AS capital_cny,
  capital_currency(s.capital_text) AS capital_currency,
  s.capital_text, s.established_on, s.listed_on, s.enterprise_type, s.status, s.address, s.scope,
  s.source, s.observed_on, s.source_dataset, s.source_file, s.source_line
FROM standard s
LEFT JOIN subject.region p ON p.region_code = left(s.region_code, 2) || '0000'
LEFT JOIN subject.region c ON c.region_code = left(s.region_code, 4) || '00' AND c.level = 'city'
LEFT JOIN subject.region d ON d.region_code = s.region_code AND d.level = 'county'
LEFT JOIN subject.industry i ON i.code = s.industry_code
