"""Namespaces of Office Open XML, as ElementTree writes them. Strict packages are read under the same names."""

__all__ = ["CHART", "CHART_EX", "DIAGRAM", "DRAWING", "MARKUP", "MATH", "RELATIONSHIPS"]

_ROOT = "http://schemas.openxmlformats.org"
CHART = f"{{{_ROOT}/drawingml/2006/chart}}"
CHART_EX = "{http://schemas.microsoft.com/office/drawing/2014/chartex}"
DIAGRAM = f"{{{_ROOT}/drawingml/2006/diagram}}"
DRAWING = f"{{{_ROOT}/drawingml/2006/main}}"
MARKUP = f"{{{_ROOT}/markup-compatibility/2006}}"
MATH = f"{{{_ROOT}/officeDocument/2006/math}}"
RELATIONSHIPS = f"{{{_ROOT}/officeDocument/2006/relationships}}"
