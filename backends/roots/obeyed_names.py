"""Detects names of files that agents, shells, build tools and systems run or obey. A download must not plant one."""

import fnmatch
import re
import unicodedata

__all__ = ["is_obeyed_name"]

_NAMES = (
    # instructions and servers of coding agents
    "agent.md", "agents.md", "agents.override.md", "claude.md", "claude.local.md", "gemini.md", "qwen.md", "warp.md",
    "crush.md", "replit.md", "skill.md", "copilot-instructions.md", "*.instructions.md", "*.prompt.md", "*.mdc",
    "cursorrules", "mcp.json", "mcp_config.json", "mcp_settings.json", "mcp-config.json", "claude_desktop_config.json",
    "opencode.json", "opencode.jsonc", "crush.json", "gemini-extension.json",
    # editors, and what they run when a folder is opened
    "*.code-workspace", "tasks.json", "launch.json", "devcontainer.json", "vimrc", "_vimrc", "_gvimrc", "exrc",
    "_exrc",
    # build and package tools
    "makefile", "makefile.*", "gnumakefile", "*.mk", "cmakelists.txt", "cmakepresets.json", "cmakeuserpresets.json",
    "*.cmake", "meson.build", "build.ninja", "configure", "configure.ac", "sconstruct", "sconscript", "wscript",
    "justfile", "taskfile.y*ml", "magefile.go", "rakefile", "gemfile", "gemfile.lock", "*.gemspec", "podfile",
    "brewfile", "vagrantfile", "dockerfile", "dockerfile.*", "*.dockerfile", "containerfile", "containerfile.*",
    "compose.y*ml", "docker-compose*.y*ml", "procfile", "procfile.*", "tiltfile", "snakefile", "build", "build.bazel",
    "workspace", "workspace.bazel", "module.bazel", "*.bzl", "*.gradle", "*.gradle.kts", "gradle.properties",
    "gradlew", "mvnw", "pom.xml", "build.xml", "build.sbt", "build.rs", "build.zig", "cargo.toml", "package.swift",
    "mix.exs", "rebar.config", "project.clj", "deps.edn", "flake.nix", "default.nix", "shell.nix", "*.csproj",
    "*.vcxproj", "directory.build.*", "composer.json", "go.work", "gulpfile.*", "gruntfile.*", "deno.json*",
    "bunfig.toml", "package.json", "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml",
    "pnpm-workspace.yaml", "lerna.json", "nx.json", "turbo.json", "*.config.js", "*.config.?js", "*.config.ts",
    "*.config.?ts", "lefthook.y*ml",
    # Python: files that an import, an installation or a test run executes or obeys
    "conftest.py", "setup.py", "setup.cfg", "pyproject.toml", "tox.ini", "noxfile.py", "pytest.ini", "fabfile.py",
    "tasks.py", "dodo.py", "sitecustomize.py", "usercustomize.py", "__init__.py", "__main__.py", "*.pth", "pipfile",
    "pipfile.lock", "requirements*.txt", "constraints.txt", "environment.y*ml", "pip.conf", "pip.ini",
    # pipelines and servers
    "jenkinsfile", "jenkinsfile.*", "azure-pipelines*.y*ml", "bitbucket-pipelines.y*ml", "cloudbuild.y*ml",
    "appveyor.y*ml", "action.y*ml", "web.config", "php.ini", "crontab", "sudoers", "authorized_keys*", "ssh_config",
    "sshd_config", "gitconfig", "desktop.ini", "autorun.inf", "profile", "bashrc", "bash_profile", "zshrc", "zprofile",
    "zshenv", "config.fish", "xinitrc", "xprofile", "xsession",
)  # fmt: skip
_ENDINGS = frozenset(
    # PATHEXT of Windows, and what its shell runs or installs
    "bat cmd com exe js jse msc vbe vbs vb wsf wsh wsc ws hta pif scr scf lnk url cpl msi msix msp mst appx appxbundle "
    "msixbundle application appref-ms appcontent-ms settingcontent-ms library-ms search-ms gadget chm hlp inf ins isp "
    "reg rdp theme themepack diagcab ps1 ps1xml ps2 ps2xml psc1 psc2 psd1 psm1 cdxml sct shb shs xll wll ocx dll sys "
    "drv "
    # shells of Unix, Linux desktops, units of systemd, programs and libraries
    "sh bash zsh fish ksh csh tcsh dash command desktop directory service socket timer mount automount run appimage "
    "flatpakref flatpakrepo snap deb rpm so elf "
    # macOS
    "app action workflow scpt scptd applescript osax plist mobileconfig terminal tool webloc inetloc fileloc pkg mpkg "
    "dylib bundle kext prefpane qlgenerator "
    # bytecode and archives that are run
    "jar jnlp pyc pyo pyd pyw pyz pyzw class ipa apk xpi crx vsix".split()
)
_FOLDERS = frozenset(
    "node_modules site-packages dist-packages __pycache__ autostart startup startupitems launchagents launchdaemons "
    "cron.d cron.hourly cron.daily cron.weekly cron.monthly init.d profile.d sudoers.d systemd windowspowershell "
    "powershell".split()
)
_HOOKS = frozenset(
    # githooks(5); a bare repository has no hidden folder around them
    "applypatch-msg pre-applypatch post-applypatch pre-commit pre-merge-commit prepare-commit-msg commit-msg "
    "post-commit pre-rebase post-checkout post-merge pre-push pre-receive update proc-receive post-receive post-update "
    "reference-transaction push-to-checkout pre-auto-gc post-rewrite sendemail-validate fsmonitor-watchman "
    "post-index-change".split()
)
_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|clock\$|(com|lpt)[0-9\u00b9\u00b2\u00b3])( *\..*)?")
"""Names that Windows keeps for devices, with any ending."""
_IS_NAME = re.compile("|".join(map(fnmatch.translate, _NAMES)))
_SHORT = re.compile(r"([^~.]{1,6})~[0-9]{1,6}(?:\.([^.]{0,3}))?")
"""A name of eight letters, a dot and three, which Windows gives to files with longer names."""
_HASHED = re.compile(r".{2}[0-9a-f]{4}")


def is_obeyed_name(path: str) -> bool:
    """Whether a program runs or obeys a file at this path below a root, on any system that reads the disk.

    Case does not count, nor do dots and blanks at the end, streams (`name:stream`) or characters that nobody sees:
    Windows and macOS take such names for the same file. Hidden files are the business of others.
    """
    *folders, name = (_canonical(part) for part in path.strip("/").split("/"))
    if not _FOLDERS.isdisjoint(folders) or (folders and folders[-1] == "hooks" and name in _HOOKS):
        return True
    return _is_obeyed(name) or _DEVICE.fullmatch(name) is not None or _may_be_short(name)


def _canonical(part: str) -> str:
    text = unicodedata.normalize("NFKC", part.partition(":")[0]).casefold()
    return "".join(c for c in text if unicodedata.category(c) != "Cf").rstrip(". ")


def _is_obeyed(name: str) -> bool:
    return _IS_NAME.match(name) is not None or ("." in name and name.rpartition(".")[2] in _ENDINGS)


def _may_be_short(name: str) -> bool:
    short = _SHORT.fullmatch(name)
    if short is None:
        return False
    start, ending = short[1], short[2] or ""
    if any(len(one) > 3 and one.startswith(ending) for one in _ENDINGS if len(ending) == 3):
        return True
    return any(
        (_HASHED.fullmatch(start) or _plain(stem).startswith(start)) and long_ending[:3] == ending
        for stem, _, long_ending in (one.rpartition(".") if "." in one else (one, "", "") for one in _NAMES)
    )


def _plain(stem: str) -> str:
    return "".join(c for c in stem.partition("*")[0] if c.isalnum() or c in "_-")
