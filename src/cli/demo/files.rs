/// The files of the site, by path.
const FILES: &[(&str, &str)] = &[];
