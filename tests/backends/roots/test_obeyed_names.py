"""Names that programs run or obey, in every spelling that leads to the same file, and names that are only documents."""

import pytest

from files_api_mcp.backends.roots.obeyed_names import is_obeyed_name

OBEYED = """
    CLAUDE.md claude.md sub/AGENTS.md agents.override.md GEMINI.md AGENT.md copilot-instructions.md a.instructions.md
    mcp.json MCP.JSON mcp_config.json claude_desktop_config.json opencode.json cursorrules SKILL.md
    Makefile makefile GNUmakefile rules.mk CMakeLists.txt meson.build justfile Rakefile Gemfile Dockerfile
    Dockerfile.dev compose.yaml docker-compose.override.yml Jenkinsfile BUILD WORKSPACE build.gradle build.gradle.kts
    pom.xml Cargo.toml build.rs flake.nix package.json package-lock.json vite.config.ts jest.config.js gulpfile.js
    conftest.py sub/conftest.py setup.py setup.cfg pyproject.toml tox.ini sitecustomize.py x.pth __init__.py
    requirements.txt requirements-dev.txt site-packages/any.txt node_modules/x/y.txt project.code-workspace tasks.json
    run.sh install.bash a.exe a.BAT a.cmd a.Ps1 a.com a.vbs a.js a.lnk a.scr a.jar a.msi a.hta a.pif a.reg a.url a.dll
    a.desktop a.service a.command a.app a.workflow a.dylib a.so a.pyc a.pyz a.AppImage a.run a.deb a.plist
    autostart/x.txt Startup/x.txt Library/LaunchAgents/x.txt cron.d/x hooks/pre-commit hooks/post-checkout profile.ps1
    authorized_keys desktop.ini autorun.inf bashrc web.config action.yml crontab
    CLAUDE.md. CLAUDE.md... CLAUDE.md:stream CLAUDE.md::$DATA run.sh. Make\u200bfile \uff23LAUDE.md
    CLAUDE~1.MD PACKAG~1.JSO MAKEFI~1 CONFTE~1.PY AB12CD~1.MD LAUNCH~1.DES CON con.txt NUL.pdf Aux lpt1 COM9.log
""".split()
SPACED = ["CLAUDE.md ", "CLAUDE.md . ", "con .txt", "NUL  .a", "CLAUDE.md :s"]
DOCUMENTS = """
    report.pdf annual-report-2025.pdf notes.md README.md claude.pdf agents.txt about-agents.md makefile-notes.pdf
    data.csv chart.png copy.bin table.xlsx letter.docx settings.json results.json package.json.txt mcp.txt a.py plot.py
    console.txt contract.pdf company.txt community.pdf auxiliary.md nullable.txt com10.txt executive.md shell.txt
    hooks/useState.pdf hooks/notes.md startup.md build.pdf a.zip a.tar.gz a.html a.svg a.ipynb notes~1.txt draft~2.pdf
    backup~ REPORT~1.PDF v1.2 r\u00e9sum\u00e9.pdf \u5951\u7d04.pdf image.jpeg a.txt b.log c.out
""".split()


@pytest.mark.parametrize("path", OBEYED + SPACED)
def test_a_name_that_programs_obey(path: str) -> None:
    assert is_obeyed_name(path)


@pytest.mark.parametrize("path", DOCUMENTS)
def test_a_name_that_is_only_a_document(path: str) -> None:
    assert not is_obeyed_name(path)
