"""What commands show: made once as blocks, rendered on a terminal, as a page and in Markdown.

A page opens offline, in light and dark mode. uPlot draws its plots (`vendor`); without its script it says all
but the plots.
"""
