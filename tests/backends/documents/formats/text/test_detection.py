"""The letters of a text show its encoding, even a few of them."""

import pytest

from benchmarks.encodings import is_misread

TEXTS = {
    "cp1252": [
        "Le procès-verbal a été signé à Besançon. Coût : 900 €, durée : « trois ans ».",
        "Größe;Maß;Preis\n3;Übergröße;9,00 €",
        "La señora añadió que mañana habrá reunión.",
        "Sopimus tehtiin Jyväskylässä, ja se päättyy ensi vuonna.",
        "O relatório de gestão não foi aprovado pela administração.",
        "Il contratto è già scaduto, però è stato prorogato.",
        "Aftalen om købet er underskrevet på Ærø.",
        "Herr Müller",
        "The “Buyer” shall pay – within a week – the Seller’s costs.",
        "id,name\n1,Bob\n2,Ann\n3,José Núñez\n4,Søren Ødegård\n5,Zoë Brontë\n",
    ],
    "cp1250": ["Smlouva byla uzavřena v Plzni a platí do příštího léta.", "Umowę podpisano w Łodzi, opłatę wniesiono."],
    "cp1251": ["Акт подписан в Казани, сумма указана ниже.", "Договір підписано у Львові."],
    "cp1253": ["Η συμφωνία υπογράφηκε στην Πάτρα."],
    "cp1254": ["Sözleşme İzmir’de imzalandı, ücret beş yüz liradır."],
    "cp1255": ["ההסכם נחתם בחיפה בשנה שעברה."],
    "cp1256": ["تم توقيع الاتفاق في تونس قبل عام."],
    "cp1257": ["Sutartis pasirašyta Šiauliuose, mokestis sumokėtas per mėnesį."],
    "cp874": ["สัญญานี้ลงนามที่เชียงใหม่"],
    "cp932": ["契約は大阪で結ばれた。", "date,shop\n1,株式会社鈴木商店\n"],
    "euc_jp": ["契約は大阪で結ばれた。"],
    "gb18030": ["合同在上海签订，期限三年。"],
    "big5": ["合約在高雄簽訂，期限三年。"],
    "cp949": ["계약은 부산에서 체결되었다."],
    "koi8_r": ["Акт подписан в Казани, сумма указана ниже."],
    "cp866": ["Акт подписан в Казани, сумма указана ниже."],
    "iso8859_2": ["Umowę podpisano w Łodzi, opłatę wniesiono."],
    "mac_roman": ["Le procès-verbal a été signé à Besançon par l’équipe."],
    "cp437": ["Übergröße für 9 Stück, Lieferung nach Nürnberg"],
}


@pytest.mark.parametrize(("codec", "text"), [(codec, text) for codec, texts in TEXTS.items() for text in texts])
def test_a_short_text_is_read_in_its_own_encoding(codec: str, text: str) -> None:
    assert is_misread(text, codec) is False
