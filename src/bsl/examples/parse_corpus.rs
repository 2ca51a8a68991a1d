//! Parses every `*.bsl` below a folder and prints problems, lines and speed. `parse_corpus FOLDER names`
//! compiles them as common modules of each other instead, and prints only how many problems there are.
#![allow(clippy::print_stdout, reason = "a tool for a person")]
use vestnik_bsl::{Environment, Program, Source, diagnostic, syntax};

fn collect(dir: &std::path::Path, out: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, out);
        } else if path.extension().is_some_and(|it| it == "bsl" || it == "os")
            && let Ok(text) = std::fs::read_to_string(&path)
        {
            out.push((path.display().to_string(), text));
        }
    }
}

fn compile(files: &[(String, String)]) {
    let sources: Vec<_> = files
        .iter()
        .map(|(path, text)| Source {
            name: std::path::Path::new(path)
                .file_stem()
                .map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
            text: text.as_str().into(),
            common: true,
        })
        .collect();
    let lines: usize = files.iter().map(|(_, text)| text.lines().count()).sum();
    let start = std::time::Instant::now();
    let program = Program::compile(&Environment::default(), &sources);
    let spent = start.elapsed();
    println!(
        "{} files, {lines} lines, {} problems, {} findings, {spent:?}, {:.0} lines/s",
        files.len(),
        program.problems().count(),
        program.findings().count(),
        lines as f64 / spent.as_secs_f64()
    );
}

fn main() {
    let mut files = Vec::new();
    collect(
        std::path::Path::new(&std::env::args().nth(1).unwrap_or_default()),
        &mut files,
    );
    if std::env::args().nth(2).is_some_and(|it| it == "names") {
        return compile(&files);
    }
    let start = std::time::Instant::now();
    let mut names = syntax::token::seed_names();
    let (mut lines, mut found) = (0, Vec::new());
    for (path, text) in &files {
        lines += text.bytes().filter(|&b| b == b'\n').count();
        let (_, problems) = syntax::parse(text, &mut names);
        found.extend(problems.into_iter().map(|problem| (path, text, problem)));
    }
    let spent = start.elapsed();
    for (path, text, problem) in &found {
        println!(
            "{path} {}",
            diagnostic::render("М", text, problem, diagnostic::Locale::Ru)
        );
    }
    println!(
        "{} files, {lines} lines, {} problems, {:?}, {:.0} lines/s",
        files.len(),
        found.len(),
        spent,
        lines as f64 / spent.as_secs_f64()
    );
}
