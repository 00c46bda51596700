-- model: subject.{{industry}}_patent
-- title: {{title}}：专利 | {{title}}: patents
-- description: 专利，每个申请号一行。 | Patents, one row per application number.
-- owner: 产业大脑运营方
-- side: public
-- grade: general1
-- source: raw.{{industry}}_patent
-- licence: 按数据提供协议
-- keys: patent_id
-- inputs: raw.{{industry}}_patent
-- tags: {{industry}}, public
-- test: unique(patent_id)
-- test: expression(filed_on <= granted_on)
-- test: warn not_null(applicant_id) at_least 0.5
-- column: patent_id | 申请号 | Application number
-- column: title | 名称 | Title
-- column: applicant | 申请人 | Applicant
-- column: applicant_key | 申请人归一名称 | Applicant's name for matching
-- column: applicant_id | 申请人标识 | Applicant id
-- column: kind | 类型 | Kind
-- column: ipc | IPC 分类号 | IPC symbol
-- column: ipc_section | IPC 部 | IPC section
-- column: filed_on | 申请日 | Filed on
-- column: granted_on | 授权日 | Granted on
-- column: status | 法律状态 | Legal status
-- The latest report of each key: files are added, and a later one corrects an earlier one.
WITH latest AS (
  SELECT * FROM (
    SELECT r.*, row_number() OVER (
      PARTITION BY application_no ORDER BY _run DESC, _file DESC, _line DESC
    ) AS place
    FROM raw.{{industry}}_patent r
  ) WHERE place = 1
)
SELECT
  l.application_no AS patent_id, trim(l.title) AS title, trim(l.applicant) AS applicant,
  company_name_key(l.applicant) AS applicant_key, l.applicant_uscc AS applicant_id, l.kind, l.ipc,
  left(l.ipc, 1) AS ipc_section, l.filed_on, l.granted_on, l.status
FROM latest l
