//! Between the folders of libFuzzer, one file for each input, and the files of `corpus`, one line for each input.
//!
//! `cargo run --example corpus -- unpack corpus/card.txt FOLDER`, and `pack FOLDER corpus/card.txt` for the way back;
//! `signed FILE` writes the envelope to begin with, which no fuzzer could sign.

use std::error::Error;
use std::fs;
use std::path::Path;

use cordon_fuzz::corpus;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["unpack", file, folder] => unpack(Path::new(file), Path::new(folder)),
        ["pack", folder, file] => pack(Path::new(folder), Path::new(file)),
        ["signed", file] => Ok(fs::write(file, cordon_fuzz::envelope::signed())?),
        _ => Err("unpack FILE FOLDER, pack FOLDER FILE, or signed FILE".into()),
    }
}

fn unpack(file: &Path, folder: &Path) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(folder)?;
    let inputs = corpus::unpack(&fs::read_to_string(file)?).ok_or("a line is not base64")?;
    for (index, input) in inputs.iter().enumerate() {
        fs::write(folder.join(format!("{index:05}")), input)?;
    }
    Ok(())
}

fn pack(folder: &Path, file: &Path) -> Result<(), Box<dyn Error>> {
    let inputs = fs::read_dir(folder)?.map(|entry| fs::read(entry?.path())).collect::<Result<Vec<_>, _>>()?;
    fs::write(file, corpus::pack(inputs))?;
    Ok(())
}
