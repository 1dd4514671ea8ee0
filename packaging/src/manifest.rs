//! The package's own three descriptions: `extension.vsixmanifest`,
//! `extension.vsomanifest` and `[Content_Types].xml`, with the content that
//! Microsoft's packaging tool writes.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anyhow::bail;
use serde_json::json;

use crate::extension::Extension;

/// Name of the content type list in every package of this format.
pub const CONTENT_TYPES: &str = "[Content_Types].xml";
/// Name of the package manifest.
pub const VSIX: &str = "extension.vsixmanifest";
/// Name of the contribution manifest.
pub const VSO: &str = "extension.vsomanifest";

/// The package manifest: identity, texts, icons, and the files that pages load.
pub fn vsix<'a>(extension: &Extension, addressable: impl IntoIterator<Item = &'a str>) -> String {
    let e = escape;
    let mut properties = String::new();
    for (name, value) in [
        ("Color", &extension.branding.color),
        ("Theme", &extension.branding.theme),
    ] {
        let _ = write!(
            properties,
            "\n      <Property Id=\"Microsoft.VisualStudio.Services.Branding.{name}\" Value=\"{}\"/>",
            e(value)
        );
    }
    let mut targets = String::new();
    for target in &extension.targets {
        let version = target
            .version
            .as_ref()
            .map_or_else(String::new, |v| format!(" Version=\"{}\"", e(v)));
        let _ = write!(
            targets,
            "\n    <InstallationTarget Id=\"{}\"{version}/>",
            e(&target.id)
        );
    }
    let mut assets = String::new();
    for (kind, path) in [
        ("Icons.Default", extension.icons.default.as_str()),
        ("Icons.Large", &extension.icons.large),
        ("Content.Details", &extension.content.details.path),
        ("Content.License", &extension.content.license.path),
        ("Manifest", VSO),
    ] {
        let _ = write!(
            assets,
            "\n    <Asset Type=\"Microsoft.VisualStudio.Services.{kind}\" d:Source=\"File\" Path=\"{}\" Addressable=\"true\"/>",
            e(path)
        );
    }
    for path in addressable {
        let path = e(path);
        let _ = write!(
            assets,
            "\n    <Asset Type=\"{path}\" d:Source=\"File\" Path=\"{path}\" Addressable=\"true\"/>"
        );
    }
    format!(
        r#"<?xml version="1.0" encoding="utf-8"?>
<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011" xmlns:d="http://schemas.microsoft.com/developer/vsx-schema-design/2011">
  <Metadata>
    <Identity Language="en-US" Id="{id}" Version="{version}" Publisher="{publisher}"/>
    <DisplayName>{name}</DisplayName>
    <Description xml:space="preserve">{description}</Description>
    <GalleryFlags>{flags}</GalleryFlags>
    <Categories>{categories}</Categories>
    <Tags>{tags}</Tags>
    <Properties>{properties}
    </Properties>
    <Icon>{icon}</Icon>
    <License>{license}</License>
  </Metadata>
  <Dependencies/>
  <Installation>{targets}
  </Installation>
  <Assets>{assets}
  </Assets>
</PackageManifest>
"#,
        id = e(&extension.id),
        version = e(&extension.version),
        publisher = e(&extension.publisher),
        name = e(&extension.name),
        description = e(&extension.description),
        flags = if extension.public { "Public" } else { "" },
        categories = e(&extension.categories.join(",")),
        tags = e(&extension.tags.join(",")),
        icon = e(&extension.icons.default),
        license = e(&extension.content.license.path),
    )
}

/// The contribution manifest.
pub fn vso(extension: &Extension) -> String {
    let manifest = json!({
        "manifestVersion": extension.manifest_version,
        "contributions": extension.contributions,
        "scopes": extension.scopes,
        "contributionTypes": [],
    });
    format!("{manifest:#}\n")
}

/// The content type of every part.
///
/// # Errors
/// When a part has an extension whose content type is not known here.
pub fn content_types<'a>(names: impl IntoIterator<Item = &'a str>) -> anyhow::Result<String> {
    let mut entries = BTreeSet::new();
    for name in names {
        let base = name.rsplit('/').next().unwrap_or(name);
        let Some((_, extension)) = base.rsplit_once('.') else {
            if base != "LICENSE" {
                bail!("{name} has no file extension, so its content type is not known");
            }
            entries.insert(format!(
                "<Override ContentType=\"text/plain\" PartName=\"/{}\"/>",
                escape(name)
            ));
            continue;
        };
        let kind = match extension {
            "bin" | "exe" => "application/octet-stream",
            "css" => "text/css",
            "html" => "text/html",
            "js" => "application/javascript",
            "json" | "vsomanifest" => "application/json",
            "md" => "text/markdown",
            "png" => "image/png",
            "vsixmanifest" => "text/xml",
            _ => bail!("the content type of {name} is not known"),
        };
        entries.insert(format!(
            "<Default Extension=\".{extension}\" ContentType=\"{kind}\"/>"
        ));
    }
    let lines = entries.into_iter().collect::<Vec<_>>().join("\n  ");
    Ok(format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\n  {lines}\n</Types>\n"
    ))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_extension_is_listed_once_and_files_without_one_by_name() {
        let text = content_types(["a/b.md", "c.md", "LICENSE"]).unwrap();
        assert_eq!(text.matches("text/markdown").count(), 1);
        assert!(text.contains("PartName=\"/LICENSE\""), "{text}");
    }

    #[test]
    fn a_file_of_unknown_type_is_an_error() {
        let error = content_types(["bin/program"]).unwrap_err().to_string();
        assert!(error.contains("bin/program"), "{error}");
        assert!(content_types(["a.zig"]).is_err());
    }

    #[test]
    fn texts_are_escaped_for_xml() {
        assert_eq!(escape("a < \"b\" & c"), "a &lt; &quot;b&quot; &amp; c");
    }
}
