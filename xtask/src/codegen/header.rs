//! `ntmsapi.h`: the C header of the exported functions.
//!
//! What: fixed-width types, the constants that the exports take, the codes, the prototypes. Why:
//! programs written for the interface compile unchanged, with A and W forms of the same names; and
//! the numbers come from the table that the service uses. Invariant: plain C99, valid C++, no
//! dependency but `<stdint.h>`, layouts as in docs/spec/constants.toml.

use std::fmt::Write as _;

use anyhow::{Context, Result, bail};

use super::capi::Form;
use super::layouts;
use super::text::GENERATED;
use crate::spec::{Function, Spec};

/// The enumerations whose values the exported functions take or give.
const ENUMS: [&str; 35] = [
    "NtmsObjectsTypes",
    "NtmsSessionOptions",
    "NtmsMountOptions",
    "NtmsDismountOptions",
    "NtmsMountPriority",
    "NtmsEnumerateOption",
    "NtmsCreateOptions",
    "NtmsAllocateOptions",
    "NtmsAllocationPolicy",
    "NtmsDeallocationPolicy",
    "NtmsOperationalState",
    "NtmsDriveState",
    "NtmsLibraryType",
    "NtmsLibraryFlags",
    "NtmsEjectOperation",
    "NtmsInjectOperation",
    "NtmsInventoryMethod",
    "NtmsSlotState",
    "NtmsDoorState",
    "NtmsPortPosition",
    "NtmsPortContent",
    "NtmsBarCodeState",
    "NtmsMediaState",
    "NtmsPartitionState",
    "NtmsPoolType",
    "NtmsReadWriteCharacteristics",
    "NtmsLmOperation",
    "NtmsLmState",
    "NtmsOpreqCommand",
    "NtmsOpreqState",
    "NtmsLibRequestFlags",
    "NtmsOpRequestFlags",
    "NtmsMediaPoolPolicy",
    "NtmsNotificationOperations",
    "DeviceType",
];

/// The array dimensions that a program needs beside the structures.
const LIMITS: [&str; 2] = ["NTMS_OBJECTNAME_LENGTH", "NTMS_POOLHIERARCHY_LENGTH"];

/// Renders the header.
pub fn render(spec: &Spec) -> Result<String> {
    let mut out = format!("/* {GENERATED} */\n{HEAD}");
    for name in ENUMS {
        let found = spec.constants.enums.iter().find(|e| e.name == name);
        let e = found.with_context(|| format!("constants.toml has no {name}"))?;
        writeln!(out, "enum {name} {{")?;
        for (at, value) in e.values.iter().enumerate() {
            let comma = if at + 1 == e.values.len() { "" } else { "," };
            writeln!(out, "    {} = {}{comma} /* {} */", value.name, value.value, comment(&value.meaning))?;
        }
        out.push_str("};\n\n");
    }
    for name in LIMITS {
        let found = spec.constants.limits.iter().find(|limit| limit.name == name);
        let limit = found.with_context(|| format!("constants.toml has no {name}"))?;
        writeln!(out, "#define {name} {} /* {} */", limit.value, comment(&limit.meaning))?;
    }
    out.push('\n');
    out.push_str(&layouts::declarations(spec)?);
    out.push_str("/* Codes. */\n");
    for code in spec.codes() {
        let number = code.travelling().with_context(|| format!("{} has no number", code.name))?;
        let meaning = comment(code.meaning.as_deref().unwrap_or_default());
        writeln!(out, "#ifndef {0}\n#define {0} {number}u /* {meaning} */\n#endif", code.name)?;
    }
    out.push_str(OPEN);
    for name in &spec.implemented.c_exports {
        let (_, function) = spec.function(name)?;
        prototypes(&mut out, function)?;
    }
    out.push_str(CLOSE);
    Ok(out)
}

fn prototypes(out: &mut String, function: &Function) -> Result<()> {
    writeln!(out, "\n/* {} */", comment(&function.summary))?;
    let result = function.returns.split(' ').next().unwrap_or_default();
    for form in Form::of(function) {
        let params = function
            .params
            .iter()
            .map(|p| Ok(format!("{} {}", c_type(&p.c_type, *form)?, p.name)))
            .collect::<Result<Vec<_>>>()?;
        writeln!(out, "{result} {}{}({});", function.name, form.suffix(), params.join(", "))?;
    }
    if Form::of(function).len() == 2 {
        let name = &function.name;
        writeln!(out, "#ifdef UNICODE\n#define {name} {name}W\n#else\n#define {name} {name}A\n#endif")?;
    }
    Ok(())
}

fn c_type(table: &str, form: Form) -> Result<&'static str> {
    Ok(match (table, form) {
        ("HANDLE", _) => "HANDLE",
        ("DWORD", _) => "DWORD",
        ("LPDWORD", _) => "LPDWORD",
        ("int", _) => "int",
        ("LPNTMS_GUID", _) => "LPNTMS_GUID",
        ("const LPNTMS_GUID", _) => "const LPNTMS_GUID",
        ("LPNTMS_MOUNT_INFORMATION", _) => "LPNTMS_MOUNT_INFORMATION",
        ("LPCSTR / LPCWSTR" | "LPCTSTR", Form::W) => "LPCWSTR",
        ("LPCSTR / LPCWSTR" | "LPCTSTR", _) => "LPCSTR",
        ("LPTSTR", Form::W) => "LPWSTR",
        ("LPTSTR", _) => "LPSTR",
        ("LPSECURITY_ATTRIBUTES", _) => "LPSECURITY_ATTRIBUTES",
        ("LPNTMS_ALLOCATION_INFORMATION", _) => "LPNTMS_ALLOCATION_INFORMATION",
        ("LPNTMS_OBJECTINFORMATION (A or W)", Form::W) => "LPNTMS_OBJECTINFORMATIONW",
        ("LPNTMS_OBJECTINFORMATION (A or W)", _) => "LPNTMS_OBJECTINFORMATIONA",
        ("LPNTMS_NOTIFICATIONINFORMATION", _) => "LPNTMS_NOTIFICATIONINFORMATION",
        (other, _) => bail!("no C type for {other}"),
    })
}

fn comment(text: &str) -> String {
    text.replace("*/", "* /")
}

const HEAD: &str = "\
/*
 * The C interface of the Removable Storage Manager.
 *
 * Text of the A forms is UTF-8, of the W forms UTF-16 in the host's byte order; WCHAR is 16 bits
 * whatever wchar_t is. OpenNtmsSession and OpenNtmsNotification leave their reason in GetLastError(), per
 * thread; every other function returns its code. Times are milliseconds: 0 never waits, INFINITE waits for ever. Sizes of
 * text buffers are characters and count the terminating NUL.
 */
#ifndef RSM_NTMSAPI_H
#define RSM_NTMSAPI_H

#include <stdint.h>

#ifdef __cplusplus
extern \"C\" {
#endif

typedef uint32_t DWORD;
typedef DWORD *LPDWORD;
typedef uint16_t WORD;
typedef uint8_t BYTE;
typedef int64_t INT64;
typedef int BOOL;
typedef char CHAR;
typedef uint16_t WCHAR;
typedef const char *LPCSTR;
typedef const WCHAR *LPCWSTR;
typedef char *LPSTR;
typedef WCHAR *LPWSTR;
typedef void *HANDLE;
typedef void *LPVOID;

typedef struct NTMS_GUID {
    uint32_t Data1;
    uint16_t Data2;
    uint16_t Data3;
    uint8_t Data4[8];
} NTMS_GUID;
typedef NTMS_GUID *LPNTMS_GUID;

/* Reserved: pass NULL. */
typedef struct NTMS_MOUNT_INFORMATION {
    DWORD dwSize;
    LPVOID lpReserved;
} NTMS_MOUNT_INFORMATION;
typedef NTMS_MOUNT_INFORMATION *LPNTMS_MOUNT_INFORMATION;

/* dwSize and lpReserved are left as they are; AllocatedFrom is the pool that a medium came from. */
typedef struct NTMS_ALLOCATION_INFORMATION {
    DWORD dwSize;
    LPVOID lpReserved;
    NTMS_GUID AllocatedFrom;
} NTMS_ALLOCATION_INFORMATION;
typedef NTMS_ALLOCATION_INFORMATION *LPNTMS_ALLOCATION_INFORMATION;

/* One change: dwOperation is a value of NtmsNotificationOperations. */
typedef struct NTMS_NOTIFICATIONINFORMATION {
    DWORD dwOperation;
    NTMS_GUID ObjectId;
} NTMS_NOTIFICATIONINFORMATION;
typedef NTMS_NOTIFICATIONINFORMATION *LPNTMS_NOTIFICATIONINFORMATION;

/* lpSecurityDescriptor is self-relative; bInheritHandle is ignored. */
typedef struct SECURITY_ATTRIBUTES {
    DWORD nLength;
    LPVOID lpSecurityDescriptor;
    BOOL bInheritHandle;
} SECURITY_ATTRIBUTES;
typedef SECURITY_ATTRIBUTES *LPSECURITY_ATTRIBUTES;

/* In UTC; all members are 0 where there is no time. */
typedef struct SYSTEMTIME {
    WORD wYear;
    WORD wMonth;
    WORD wDayOfWeek;
    WORD wDay;
    WORD wHour;
    WORD wMinute;
    WORD wSecond;
    WORD wMilliseconds;
} SYSTEMTIME;

#ifndef INVALID_HANDLE_VALUE
#define INVALID_HANDLE_VALUE ((HANDLE)(intptr_t)-1)
#endif
#ifndef INFINITE
#define INFINITE 0xFFFFFFFFu
#endif

";

const OPEN: &str = "
/* The reason of the calling thread's last failed OpenNtmsSession or OpenNtmsNotification; 0 after a success. */
DWORD GetLastError(void);
";

const CLOSE: &str = "
#ifdef __cplusplus
}
#endif

#endif
";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace_root;
    use std::process::Command;

    fn compile(compiler: &str, options: &[&str], file: &str, body: &str) {
        let root = workspace_root();
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join(file);
        std::fs::write(&path, body).expect("written");
        let out = Command::new(compiler)
            .args(options)
            .args(["-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-I"])
            .arg(root.join("crates/rsm-capi/include"))
            .arg(&path)
            .output()
            .unwrap_or_else(|error| panic!("{compiler} is needed for this test: {error}"));
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    }

    /// The layouts that the header declares, held against docs/spec/constants.toml.
    #[test]
    fn layouts_are_the_published_ones() {
        let spec = Spec::load(&workspace_root()).expect("the table loads");
        let meta = &spec.constants.meta;
        let mut body = String::from("#include <stddef.h>\n#include \"ntmsapi.h\"\n");
        let mut check = |text: String| writeln!(body, "_Static_assert({text}, \"layout\");").expect("text");
        check(format!("sizeof(NTMS_GUID) == {}", meta.guid_bytes));
        check(format!("_Alignof(NTMS_GUID) == {}", meta.guid_align));
        check(format!("sizeof(WCHAR) == {}", meta.wchar_bytes));
        check("sizeof(DWORD) == 4".to_owned());
        check("sizeof(SYSTEMTIME) == 16".to_owned());
        let single =
            ["NTMS_MOUNT_INFORMATION", "NTMS_ALLOCATION_INFORMATION", "NTMS_NOTIFICATIONINFORMATION"].map(
                |name| {
                    let layout = spec.constants.structs.iter().find(|s| s.name == name);
                    layout.expect("constants.toml has the layout")
                },
            );
        let declared = layouts::declared(&spec);
        assert_eq!(declared.len(), 26, "sixteen kinds and the whole, nine of these in two forms");
        for layout in single.into_iter().chain(declared) {
            check(format!("sizeof({}) == {}", layout.name, layout.size));
            for field in &layout.fields {
                check(format!("offsetof({}, {}) == {}", layout.name, field.name, field.offset));
                let member = format!("((({} *)0)->{})", layout.name, field.name);
                check(format!("sizeof{member} == {}", field.size));
            }
        }
        compile("gcc", &["-std=c11"], "layout.c", &body);
    }

    #[test]
    fn the_header_is_clean_c99_and_cpp() {
        let body = "#include \"ntmsapi.h\"\nint main(void) { HANDLE h = OpenNtmsSession(0, \"t\", 0); \
                    return h == INVALID_HANDLE_VALUE ? (int)GetLastError() : (int)CloseNtmsSession(h); }\n";
        compile("gcc", &["-std=c99", "-pedantic"], "use.c", body);
        compile("g++", &["-std=c++17"], "use.cpp", &body.replace("main(void)", "main()"));
        let wide = "#define UNICODE\n#include \"ntmsapi.h\"\nHANDLE f(LPCWSTR name); \
                    HANDLE f(LPCWSTR name) { return OpenNtmsSession(name, 0, 0); }\n";
        compile("gcc", &["-std=c99", "-pedantic"], "wide.c", wide);
    }
}
