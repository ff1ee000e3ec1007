"""XLS files: values in their formats, merged cells, and what is hidden."""

import base64
import io
import zlib

import pytest

from files_api_mcp.backends.documents.formats.spreadsheet.workbook import sheet_lines
from files_api_mcp.backends.documents.marks import Hidden, Line, Row, Sheet, Table
from files_api_mcp.backends.errors import UnsupportedType

# Written by xlwt: formats, a merged cell, a hidden row, a hidden column and a very hidden sheet.
_PACKED = (
    "c-rk)T}V_x6#i!JUH8XT*I!a;Sp==j#Hfb|Y^^MxG_!|(ENXQxD*kM&8(~mc=3@}`RP-X)-"
    ";32t8U0XiJp@J(MNnwbQ%^yG59;mA*}LM;1_~xv_bhYn%sFSyoH_H|nc4e#By)7&e!&>#&^Bn8GTlg-Arn;GiG~lPH%(PdJY7^wn^qLL"
    "U9^xX4m?hK<y32^)_V*R_w*OUfiF}J<2dRfT}EITX$Qv;5-"
    "NsDp%eBbu2V@zKF5{CyqS46^Sf;Ogn1Q9E;6qq+fi`{Bf+}TEf$Us$RgII6Bl^MeLk{eBXaRl;rQ$&5w~?<d$cXoVJqe-"
    "{JIx|AlTFxT}D*3-M9fAs3@-"
    "}_Uj(pBui8%^6Qzn1usxt9;hV>93=AVskp5W*VuYwYiH*ua;PzgUuFRKnb>EZ2W<KB$^}S1K3nemgWN?6o=onhwNEDZkf&twR6<8Gxt9"
    "PkSAInj#Cl;K6YAydM;bObl*WOEP|WD=CuhS1N=YZ!o{sPYs`+4Y#W%MGqopm<MfUqzLs5eq?TmyC4X6+G5U)OAkg6^cjkS_(x6vFmVr"
    "0`oo1aG=e!N-wW^I;fyoGp)hmpbcOx{R*G~&daA8%@#>VrpF(#tWZ_eY>u%>gFPsUF_b)L*0D<<ty5WFgbpQb&AVKq-4z&-"
    "^@(QpoiJ<~d|T&yxCFtFpU~Z7#63gvQ;(^ftI=Mtv>S`@ioU_V<4cuA}-;&Dg1&q4&W76w&&HIZlB-l!-"
    "EN?W&?j!NgNo8}KLQ`SUhom-Jb&o7UYS1C#J@HIsR~rLrZaThhv1yroe~n{MgU(k;&-"
    "iD$u{RjxG3o{BunLd=KYQ>@|xBpX9Mm94^)<7O^Czmw!q`IB?}J)>+$D^lexzN(w8yg8)ON{;-"
    "D^f1u!&?priRzq^68oM$rmrnQv{G?ZdX*}(?CSV1x@n8y0-"
    "*_s5ho@VZ%)$e%R?WDFEhQ8&2Z{;kiD|x4p(m0;&zZ<7l4aE<n{2YlCY$~b5`66f-"
    "#~QhvYEnHmiTv_Nh(wJXOe%G8W5phjQ(QnLKi)w=vfqg^575&Ut)oM65k6I?WfVBXh##r(Y|Q>(p^x@oX>(g`j+k$TI~2!i;43ukN+EJ"
    "heJF"
)
WHOLE = zlib.decompress(base64.b85decode(_PACKED))


def lines(content: bytes) -> list[Line]:
    return list(sheet_lines(io.BytesIO(content)))


def test_sheets_are_shown_as_a_person_sees_them() -> None:
    assert lines(WHOLE) == [
        Sheet("Rates", 4, 5),
        Table(None),
        "# Rates\n",
        Table("Rates: Region | Share | Code | [hidden column] Pay | Due", 1, 5),
        Row(1),
        "Region | Share | Code | [hidden column] Pay | Due\n",
        "North | 37.5% | 01067 | ($1,234.50) | 2027-03-09\n",
        "North | 0.3 | TRUE | 36:00\n",
        Hidden("hidden row"),
        "[hidden row] secret\n",
        Hidden(None),
        Hidden("hidden sheet"),
        Sheet("Old", 1, 1),
        Table(None),
        "# Old [hidden sheet]\n",
        Row(1),
        "gone\n",
        Hidden(None),
    ]


def test_a_file_that_is_cut_off_says_so() -> None:
    for size in (600, 1500, 3000, 3891, 4607):
        with pytest.raises(UnsupportedType, match="damaged"):
            lines(WHOLE[:size])
