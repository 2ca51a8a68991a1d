//! Keyword matching among 10,000 keywords of one bot: the step that every message of every bot takes.
//! `cargo bench --bench keywords`

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use vestnik::model::{Fold, Keyword, KeywordKind, KeywordTree, KeywordTreeBuilder, RichText};

/// `count` top-level records of two words each, «Товар 123» and «Артикул 123».
fn tree(count: usize) -> KeywordTree {
    let mut builder = KeywordTreeBuilder::default();
    for number in 0..count {
        builder.add(Keyword {
            words: [
                format!("Товар {number}").into(),
                format!("Артикул {number}").into(),
            ]
            .into(),
            parent: None,
            kind: KeywordKind::Text(RichText::Markup("ответ".into())),
            choice_settings: None,
        });
    }
    builder.build(Fold::default())
}

fn keywords(c: &mut Criterion) {
    let fold = Fold::default();
    let mut group = c.benchmark_group("keywords");
    for count in [10, 10_000] {
        let tree = tree(count);
        let hit = format!("артикул {}", count / 2);
        group.bench_function(format!("found among {count}"), |b| {
            b.iter(|| {
                let folded = fold.fold(black_box(&hit));
                assert!(tree.find(None, &folded).is_some());
            });
        });
        group.bench_function(format!("not found among {count}"), |b| {
            b.iter(|| {
                let folded = fold.fold(black_box("Здравствуйте, сколько стоит доставка?"));
                assert!(tree.find(None, &folded).is_none());
            });
        });
    }
    group.bench_function("folding 100 letters", |b| {
        let text = "Сколько стоит доставка? ".repeat(4);
        let mut folded = String::new();
        b.iter(|| fold.fold_into(black_box(&text), &mut folded));
    });
    group.finish();
}

criterion_group!(benches, keywords);
criterion_main!(benches);
