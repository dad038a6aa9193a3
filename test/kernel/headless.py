"""A small notebook by nbclient, as `jupyter execute` runs it."""

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError


def run(*cells, **options):
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(book, timeout=60, kernel_name="vitrail", **options).execute()
    nbformat.validate(book)
    return book


book = run(
    "const words: string[] = ['glass', 'lead'];",
    "for (const word of words) console.log(word);\nwords.length",
    "import * as tslab from 'tslab';\n"
    "const bar = tslab.newDisplay();\n"
    "for (let i = 0; i <= 3; i++) { bar.text(`step ${i}`); await new Promise((d) => setTimeout(d, 5)); }",
)
outputs = [cell["outputs"] for cell in book.cells]
assert outputs[0] == []
assert outputs[1][0] == {"output_type": "stream", "name": "stdout", "text": "glass\nlead\n"}, outputs[1]
assert outputs[1][1]["output_type"] == "execute_result" and outputs[1][1]["data"] == {"text/plain": "2"}
# Updates have replaced the first display where it stands.
assert [o["data"] for o in outputs[2]] == [{"text/plain": "step 3"}], outputs[2]
assert [cell["execution_count"] for cell in book.cells] == [1, 2, 3]
print("ok runs a notebook")

try:
    run("throw new Error('stop here')", "'never'")
    raise SystemExit("the notebook should have failed")
except CellExecutionError as error:
    assert "stop here" in str(error) and "cell-1.ts:1:7" in str(error), error
print("ok a failing cell fails the notebook")

failed = run("const n: number = 'no';", "1 + 1", allow_errors=True)
assert failed.cells[0]["outputs"][0]["ename"] == "TypeScript"
assert failed.cells[1]["outputs"][0]["data"] == {"text/plain": "2"}
print("ok type errors are in the notebook")
