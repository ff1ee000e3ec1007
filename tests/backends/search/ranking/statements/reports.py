"""A made-up report with financial statements."""

INCOME = """Acme, Inc.
Consolidated Statements of Operations
(In millions, except per share amounts)
Years ended December 31, 2018 2017
Total net revenue $ 9,500 $ 8,700
Cost of revenue 5,100 4,800
Gross profit 4,400 3,900
Selling, general and administrative 1,200 1,100
Research and development 700 650
(Loss)/income from operations 2,500 2,150
Interest expense, net (120) (110)
Income before income taxes 2,380 2,040
Provision for income taxes 480 510
Net income $ 1,900 $ 1,530
Diluted earnings per share $ 1.90 $ 1.53
"""
BALANCE = """Acme, Inc.
Consolidated Balance Shee t
At December 31, 2018 2017
Cash and cash equivalents $ 800 $ 750
Accounts receivable, net 1,050 990
Inventories 640 600
Total current assets 2,900 2,700
Property, plant and equipment, net 3,300 3,150
Goodwill 900 900
Total assets $ 8,100 $ 7,600
Accounts payable 700 680
Total current liabilities 1,600 1,500
Long-term debt 2,000 2,100
Total liabilities 4,400 4,300
Retained earnings 2,200 1,900
Total shareholders' equity 3,700 3,300
Total liabilities and equity $ 8,100 $ 7,600
"""
CASH = """Acme, Inc.
Consolidated Statements of Cash Flows
Years ended December 31, 2018 2017
Net income $ 1,900 $ 1,530
Depreciation and amortization 410 390
Net cash provided by operating activities 2,200 1,950
Purchases of property, plant and equipment (520) (480)
Proceeds from sales of businesses 40 30
Net cash used in investing activities (500) (460)
Repayments of debt (300) (200)
Dividends paid (600) (560)
Repurchases of common stock (700) (650)
Net cash used in financing activities (1,600) (1,410)
Cash at the beginning of the year 750 670
Cash at the end of the year 800 750
"""
COMPREHENSIVE = """Acme, Inc.
Consolidated Statements of Comprehensive Income
Years ended December 31, 2018 2017
Net income $ 1,900 $ 1,530
Foreign currency translation (40) 25
Pension adjustments 12 (9)
Unrealized gains on securities 3 2
Comprehensive income $ 1,875 $ 1,548
"""
