//! Files of every format, made here.

use lopdf::content::{Content, Operation};
use lopdf::{Document, Object, Stream, dictionary};
use std::io::{Cursor, Write as _};
use std::path::Path;
use zip::write::{SimpleFileOptions, ZipWriter};

/// Numbers that look drawn, the same each time.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }

    pub(crate) fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.roll(from.len())]
    }
}

const WHO: [&str; 12] = [
    "县级以上人民政府",
    "产业链龙头企业",
    "数据主管部门",
    "行业协会",
    "园区管理机构",
    "金融机构",
    "科研院所",
    "平台运营单位",
    "中小企业",
    "检测机构",
    "供应商",
    "采购单位",
];
const DOES: [&str; 12] = [
    "应当建立",
    "可以申请",
    "负责编制",
    "定期公布",
    "组织开展",
    "及时更新",
    "依法保护",
    "统一登记",
    "共同维护",
    "按年评估",
    "逐级上报",
    "妥善保存",
];
const WHAT: [&str; 16] = [
    "数据目录",
    "分类分级清单",
    "供需对接名单",
    "产能和订单信息",
    "技术攻关项目",
    "安全管理制度",
    "质量检查报告",
    "人才培养计划",
    "标准体系",
    "风险预警指标",
    "设备联网情况",
    "绿色改造方案",
    "知识产权档案",
    "融资需求信息",
    "能耗监测数据",
    "应急处置预案",
];
const HOW: [&str; 8] = [
    "并向社会公开",
    "以及相关的说明材料",
    "用于产业分析和决策",
    "期限不得少于三年",
    "由专人负责管理",
    "在收到通知后十日内完成",
    "与有关单位共享使用",
    "作为年度考核的依据",
];

/// A text of so many sentences in Chinese; other dice, another text.
pub(crate) fn chinese(dice: &mut Dice, sentences: usize) -> String {
    let mut text = String::new();
    for at in 0..sentences {
        let (who, does, what) = (dice.pick(&WHO), dice.pick(&DOES), dice.pick(&WHAT));
        let (number, how) = (dice.roll(900) + 100, dice.pick(&HOW));
        text.push_str(&format!("{who}{does}第{number}号{what}的有关内容，{how}。"));
        if at % 4 == 3 {
            text.push_str("\n\n");
        }
    }
    text
}

/// Good English prose of our own.
pub(crate) const ENGLISH: &str = "The industry brain gathers the data of a chain and answers to the firms in it. Each set of data is \
    graded before it is used, and the act of using it leaves a record that can be checked by everybody. Firms publish what \
    they need and find partners on the platform.\n\nBefore data enters the platform it is checked against rules; rows that \
    fail are set aside for a person to look at, with the reason beside them. The rules are kept with the data, so that a \
    number can be followed back to the file from which it came.";

pub(crate) fn write(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// A Word document of these paragraphs.
pub(crate) fn docx(text: &str) -> Vec<u8> {
    let paragraphs: String =
        text.split("\n\n").map(|paragraph| format!("<w:p><w:r><w:t>{paragraph}</w:t></w:r></w:p>")).collect();
    let body = format!("<w:document xmlns:w=\"w\"><w:body>{paragraphs}</w:body></w:document>");
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("word/document.xml", SimpleFileOptions::default()).unwrap();
    writer.write_all(body.as_bytes()).unwrap();
    writer.finish().unwrap().into_inner()
}

/// A PDF file of one page with these lines.
pub(crate) fn pdf(lines: &[&str]) -> Vec<u8> {
    let mut document = Document::with_version("1.5");
    let root = document.new_object_id();
    let font =
        document.add_object(dictionary! { "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Courier" });
    let resources = document.add_object(dictionary! { "Font" => dictionary! { "F1" => font } });
    let mut operations = vec![
        Operation::new("BT", vec![]),
        Operation::new("Tf", vec!["F1".into(), 12.into()]),
        Operation::new("TL", vec![14.into()]),
        Operation::new("Td", vec![50.into(), 700.into()]),
    ];
    for line in lines {
        operations.push(Operation::new("Tj", vec![Object::string_literal(*line)]));
        operations.push(Operation::new("T*", vec![]));
    }
    operations.push(Operation::new("ET", vec![]));
    let content = document.add_object(Stream::new(dictionary! {}, Content { operations }.encode().unwrap()));
    let page = document.add_object(dictionary! { "Type" => "Page", "Parent" => root, "Contents" => content });
    let tree = dictionary! {
        "Type" => "Pages", "Count" => 1, "Kids" => vec![page.into()], "Resources" => resources,
        "MediaBox" => vec![0.into(), 0.into(), 595.into(), 842.into()],
    };
    document.objects.insert(root, Object::Dictionary(tree));
    let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => root });
    document.trailer.set("Root", catalog);
    document.compress();
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).unwrap();
    bytes
}

/// A page around this text.
pub(crate) fn html(title: &str, text: &str) -> String {
    let paragraphs: String = text.split("\n\n").map(|paragraph| format!("<p>{paragraph}</p>")).collect();
    format!(
        "<html><head><title>{title}</title></head><body><nav><a href=/>首页</a></nav><article><h1>{title}</h1>{paragraphs}\
         </article><footer>版权所有</footer></body></html>"
    )
}
