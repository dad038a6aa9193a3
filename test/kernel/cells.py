"""Cells: values, awaits, types, redeclaration, closures, imports, errors."""

import os

from harness import main


def values_and_results(nb):
    assert nb.ok("1 + 1").result == "2"
    assert nb.ok("'text'").result == "'text'"
    assert nb.ok("undefined").result is None
    assert nb.ok("const hidden = 3;").result is None
    assert nb.ok("({ a: 1, b: [1, 2] })").result == "{ a: 1, b: [ 1, 2 ] }"
    assert nb.ok("   \n").result is None


def top_level_await(nb):
    assert nb.ok("const late = await new Promise<number>((done) => setTimeout(() => done(42), 5));\nlate").result == "42"


def a_promise_is_not_awaited_unasked(nb):
    assert nb.ok("Promise.resolve(3)").result == "Promise { 3 }"


def names_are_shared_and_redeclared(nb):
    nb.ok("const shared = 1;")
    nb.ok("const shared = 'now text';")
    assert nb.ok("shared").result == "'now text'"


def closures_see_later_values(nb):
    nb.ok("let n = 0; const inc = () => ++n;")
    assert nb.ok("inc(); inc(); inc()").result == "3"
    assert nb.ok("n = 100; inc()").result == "101"


def functions_are_kept(nb):
    nb.ok("function double(x: number): number { return 2 * x; }")
    assert nb.ok("double(21)").result == "42"


def types_block_the_cell(nb):
    outcome = nb.run("console.log('never printed');\nconst wrong: number = 'text';")
    assert outcome.reply["status"] == "error"
    assert outcome.stream() == ""
    assert "TS2322" in outcome.error, outcome.error
    assert ":2:7" in outcome.error and "const wrong: number = 'text';" in outcome.error, outcome.error
    assert outcome.of("error")[0]["evalue"] == outcome.reply["evalue"]


def errors_in_cell_coordinates(nb):
    count = nb.ok("1").reply["execution_count"]
    outcome = nb.run("interface Long { field: string }\nfunction fail(): never {\n  throw new RangeError('too far');\n}\nfail();")
    name = f"cell-{count + 1}.ts"
    assert outcome.reply["ename"] == "RangeError" and outcome.reply["evalue"] == "too far"
    assert f"at fail ({name}:3:9)" in outcome.error, outcome.error
    assert f"{name}:5:1" in outcome.error, outcome.error
    assert "> 3 |   throw new RangeError('too far');" in outcome.error, outcome.error
    assert "node:internal" not in outcome.error and "dist/jupyter" not in outcome.error, outcome.error
    assert nb.ok("2").reply["execution_count"] == count + 2


def an_error_of_an_earlier_cell(nb):
    count = nb.ok("const thrower = () => {\n  throw new Error('from earlier');\n};").reply["execution_count"]
    outcome = nb.run("await 0;\nthrower();")
    assert f"cell-{count}.ts:2:9" in outcome.error, outcome.error
    assert f"cell-{count + 1}.ts:2:1" in outcome.error, outcome.error


def an_error_that_is_caught_and_printed(nb):
    fail = "interface Wide { field: string }\nconst fail = (): never => {\n  throw new RangeError('caught');\n};\n"
    outcome = nb.ok(fail + "try {\n  fail();\n} catch (error) {\n  console.error(error);\n}")
    name = f"cell-{outcome.reply['execution_count']}.ts"
    told = f"RangeError: caught\n    at fail ({name}:3:9)\n    at {name}:6:3\n"
    assert outcome.stream("stderr") == told, outcome.stream("stderr")
    shown = nb.ok("\n\nnew Error('shown', { cause: new Error('behind') })")
    name = f"cell-{shown.reply['execution_count']}.ts"
    assert f"at {name}:3:1" in shown.result and f"at {name}:3:29" in shown.result, shown.result
    assert "dist/" not in shown.result and "node:" not in shown.result, shown.result
    coded = nb.ok("try { Buffer.alloc('x' as never) } catch (error) { console.log((error as Error).stack) }").stream()
    assert coded.startswith("TypeError [ERR_INVALID_ARG_TYPE]: The ") and "node:internal" not in coded, coded


def thrown_values_that_are_no_errors(nb):
    outcome = nb.run("throw { a: 1 };")
    assert outcome.reply["evalue"] == "{ a: 1 }", outcome.reply
    assert nb.run("throw 'text';").reply["evalue"] == "'text'"
    assert nb.run("throw undefined;").reply["evalue"] == "undefined"


def what_stood_before_an_error_is_kept(nb):
    assert nb.run("const kept = 7;\nthrow new Error('after');").reply["status"] == "error"
    assert nb.ok("kept").result == "7"


def what_an_error_came_before_is_not_set(nb):
    count = nb.ok("class Later { a = 1 }").reply["execution_count"]
    assert nb.run("throw new Error('half');\nclass Later { b = 2 }\nconst never = 2;").reply["status"] == "error"
    assert nb.ok("typeof never").result == "'undefined'"
    never = nb.run("never + 1")
    assert never.reply["ename"] == "ReferenceError", never.reply
    assert never.reply["evalue"] == f"never is not set: cell-{count + 1}.ts ended before its declaration", never.reply
    assert f"at cell-{count + 3}.ts:1:1" in never.error and "dist/" not in never.error, never.error
    assert nb.ok("new Later().a").result == "1"
    assert nb.ok("const never = 3;\nnever").result == "3"


def a_replaced_global_is_not_what_the_kernel_speaks_with(nb):
    nb.ok("const stringify = JSON.stringify;\nJSON.stringify = null as any;")
    assert nb.ok("typeof JSON.stringify").result == "'object'"
    assert nb.ok("JSON.stringify = stringify;\nJSON.stringify([1])").result == "'[1]'"
    lost = nb.run("const { isArray } = Array;\n(Array as any).isArray = null;")
    assert lost.reply["evalue"] == "Array.isArray is not a function", lost.reply
    assert nb.ok("Array.isArray = isArray;\n1").result == "1"


def a_first_line_for_the_shell(nb):
    assert nb.ok("#!/usr/bin/env node\n3").result == "3"


def errors_in_timers_are_told(nb):
    nb.ok("setTimeout(() => { throw new Error('in a timer'); }, 1);\nawait new Promise((done) => setTimeout(done, 50));")
    assert nb.ok("1").result == "1"


def builtin_and_package_imports(nb):
    assert nb.ok("import { basename } from 'node:path';\nbasename('/a/b')").result == "'b'"
    assert nb.ok("import small from 'small-package';\nsmall").result == "'through the import condition'"
    missing = nb.run("// @ts-ignore\nimport nothing from 'not-a-package-at-all';")
    assert "not-a-package-at-all" in missing.error, missing.error


def local_typescript(nb):
    assert nb.ok("import { area } from './shapes';\narea(2, 3)").result == "6"


def json_with_its_attribute_or_without(nb):
    assert nb.ok("import plain from './numbers.json';\nplain").result == "[ 1, 2, 3 ]"
    assert nb.ok("(await import('./numbers.json')).default.length").result == "3"
    assert nb.ok("import { count } from './counts.ts';\ncount").result == "3"
    assert nb.ok("import numbers from './numbers.json' with { type: 'json' };\nnumbers").result == "[ 1, 2, 3 ]"
    later = "const late3 = await import('./numbers.json', { with: { type: 'json' } });\nlate3.default.length"
    assert nb.ok(later).result == "3"


def local_errors_in_their_own_lines(nb):
    outcome = nb.run("import { broken } from './broken.ts';\nbroken(1);")
    assert "broken.ts:4:53" in outcome.error, outcome.error
    assert f"cell-{outcome.reply['execution_count']}.ts:2:1" in outcome.error, outcome.error


def a_name_of_a_global_harms_no_library(nb):
    nb.ok("const process = 'mine';")
    assert nb.ok("process").result == "'mine'"
    assert nb.ok("console.log('still printed');").stream() == "still printed\n"
    assert nb.ok("(await import('node:os')).cpus().length > 0").result == "true"


def the_kernels_own_library(nb):
    assert nb.ok("import { Session } from 'vitrail';\ntypeof Session.open").result == "'function'"


def an_error_of_the_library_far_below_the_cell(nb):
    nb.ok("import { fairness } from 'vitrail';")
    deep = "const deep = (n: number): void => (n > 0 ? deep(n - 1) : void fairness.wilson(5, 3));\ndeep(30);"
    outcome = nb.run(deep)
    name = f"cell-{outcome.reply['execution_count']}.ts"
    assert f"at {name}:2:1" in outcome.error and "29 more like it" in outcome.error, outcome.error
    assert "wilson (vitrail)" in outcome.error and "dist/" not in outcome.error, outcome.error


def output_of_native_code(nb):
    outcome = nb.ok("import { execSync } from 'node:child_process';\nexecSync('echo from a child', { stdio: 'inherit' });\n1")
    assert outcome.stream() == "from a child\n", outcome.stream()


def files_are_those_of_the_notebook(nb):
    assert nb.ok("globalThis.process.cwd()").result == repr(os.environ["FOLDER"])


checks = [value for name, value in list(globals().items()) if callable(value) and getattr(value, "__module__", "") == "__main__"]
main(checks, cwd=os.environ["FOLDER"])
