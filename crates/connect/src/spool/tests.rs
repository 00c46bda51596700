use super::*;
use proptest::prelude::*;

fn messages(lines: &[&str]) -> Vec<Received> {
    let message = |(nth, line): (usize, &&str)| Received {
        packet: nth as u16 + 1,
        digest: [nth as u8; 16],
        line: (*line).to_owned(),
    };
    lines.iter().enumerate().map(message).collect()
}

fn all(spool: &Spool, after: u64) -> Vec<(u64, String)> {
    let (mut reader, mut all) = (spool.reader(after), Vec::new());
    loop {
        let chunk = reader.chunk().unwrap();
        if chunk.is_empty() {
            return all;
        }
        all.extend(chunk);
    }
}

fn segments(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

#[test]
fn messages_keep_their_numbers_across_openings_and_go_when_they_have_landed() {
    let folder = tempfile::tempdir().unwrap();
    let (mut spool, cut) = Spool::open(folder.path(), "one").unwrap();
    assert_eq!((cut, spool.next(), spool.waiting(0)), (0, 1, (0, 0)));
    spool.append(messages(&["a", "b", "c"])).unwrap();
    assert_eq!(all(&spool, 1), [(2, "b".to_owned()), (3, "c".to_owned())]);
    drop(spool);
    let (mut spool, cut) = Spool::open(folder.path(), "two").unwrap();
    assert_eq!((cut, spool.id(), spool.next(), spool.waiting(1).0), (0, "one", 4, 2));
    assert!(spool.unconfirmed.knows(2, &[1; 16]));
    assert!(!spool.landed(3).unwrap());
    assert_eq!(all(&spool, 0).len(), 3, "the broker may send them again");
    (1..=3).for_each(|packet| spool.unconfirmed.acknowledge(packet));
    spool.unconfirmed.confirm(3);
    spool.settle().unwrap();
    drop(spool);
    let (mut spool, _) = Spool::open(folder.path(), "two").unwrap();
    assert!(!spool.unconfirmed.knows(2, &[1; 16]));
    assert!(!spool.landed(3).unwrap());
    assert_eq!((all(&spool, 0), spool.first()), (Vec::new(), 4));
    spool.append(messages(&["d"])).unwrap();
    drop(spool);
    let (mut spool, _) = Spool::open(folder.path(), "two").unwrap();
    assert_eq!(all(&spool, 3), [(4, "d".to_owned())]);
    assert!(spool.landed(9).unwrap(), "less is here than has landed");
    assert_eq!((spool.next(), spool.waiting(9)), (10, (0, 0)));
}

#[test]
fn a_full_segment_is_followed_by_another_and_what_is_not_confirmed_stays_known() {
    let folder = tempfile::tempdir().unwrap();
    let (mut spool, _) = Spool::open(folder.path(), "one").unwrap();
    let long = "x".repeat(1 << 20);
    spool.append(messages(&[long.as_str(); 17])).unwrap();
    spool.append(messages(&["tail"])).unwrap();
    assert_eq!(segments(folder.path()).len(), 2);
    drop(spool);
    let (mut spool, _) = Spool::open(folder.path(), "one").unwrap();
    assert!(spool.unconfirmed.knows(17, &[16; 16]), "known from the segment before");
    assert!(spool.unconfirmed.knows(1, &[0; 16]) && spool.next() == 19);
    spool.unconfirmed.forget();
    spool.landed(17).unwrap();
    assert_eq!(segments(folder.path()).len(), 1);
    assert_eq!(all(&spool, 17), [(18, "tail".to_owned())]);
}

#[test]
fn damage_that_is_no_cut_end_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (mut spool, _) = Spool::open(folder.path(), "one").unwrap();
    let long = "x".repeat(1 << 20);
    spool.append(messages(&[long.as_str(); 17])).unwrap();
    spool.append(messages(&["tail"])).unwrap();
    drop(spool);
    let first = segments(folder.path()).remove(0);
    let file = OpenOptions::new().write(true).open(&first).unwrap();
    file.set_len(std::fs::metadata(&first).unwrap().len() - 5).unwrap();
    assert_eq!(Spool::open(folder.path(), "one").unwrap_err().kind(), io::ErrorKind::InvalidData);
}

#[test]
fn a_disk_that_takes_nothing_leaves_the_spool_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let (mut spool, _) = Spool::open(folder.path(), "one").unwrap();
    spool.append(messages(&["a"])).unwrap();
    // A file that cannot be written to stands for a full disk: the write fails, and so does taking it back.
    spool.file = File::open(&segments(folder.path())[0]).unwrap();
    assert!(spool.append(messages(&["b"])).is_err());
    assert!(spool.append(messages(&["c"])).is_err(), "what follows a torn write could not be read");
    assert_eq!((spool.next(), all(&spool, 0).len()), (2, 1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// A crash leaves any part of the last write: whatever was kept before it is there, once, and the spool goes on.
    #[test]
    fn a_crash_at_any_byte_loses_nothing_that_was_kept(
        batches in prop::collection::vec(prop::collection::vec("[a-z]{0,40}", 1..5), 1..8),
        share in 0.0f64..1.0,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let (mut lines, mut kept) = (Vec::<String>::new(), 0);
        for batch in batches {
            let (mut spool, _) = Spool::open(folder.path(), "one").unwrap();
            let path = segments(folder.path()).remove(0);
            let before = std::fs::metadata(&path).unwrap().len();
            let texts: Vec<&str> = batch.iter().map(String::as_str).collect();
            spool.append(messages(&texts)).unwrap();
            drop(spool);
            let after = std::fs::metadata(&path).unwrap().len();
            let cut = before + ((after - before) as f64 * share) as u64;
            OpenOptions::new().write(true).open(&path).unwrap().set_len(cut).unwrap();
            let (spool, _) = Spool::open(folder.path(), "one").unwrap();
            let here: Vec<String> = all(&spool, 0).into_iter().map(|(_, line)| line).collect();
            prop_assert_eq!(&here[..kept], &lines[..]);
            let part = &here[kept..];
            prop_assert!(part.len() <= batch.len() && part == &batch[..part.len()]);
            (kept, lines) = (here.len(), here.clone());
            prop_assert_eq!(spool.next(), kept as u64 + 1);
        }
        let (mut spool, cut) = Spool::open(folder.path(), "one").unwrap();
        prop_assert_eq!(cut, 0, "what was cut off once is gone");
        spool.append(messages(&["last"])).unwrap();
        let (spool, _) = Spool::open(folder.path(), "one").unwrap();
        let numbers: Vec<u64> = all(&spool, 0).into_iter().map(|(number, _)| number).collect();
        prop_assert_eq!(numbers, (1..=kept as u64 + 1).collect::<Vec<_>>());
    }
}
