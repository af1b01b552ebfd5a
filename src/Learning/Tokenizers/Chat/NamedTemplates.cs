namespace DataflowRlhf.Learning.Tokenizers;

/// <summary>The forms of conversation that are in common use, for tokenizers that come without a template.</summary>
internal static class NamedTemplates
{
    public static readonly IReadOnlyDictionary<string, string> All = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["chatml"] = """
            {%- for message in messages -%}
                {{- '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' -}}
            {%- endfor -%}
            {%- if add_generation_prompt -%}
                {{- '<|im_start|>assistant\n' -}}
            {%- endif -%}
            """,
        ["llama2"] = """
            {%- set system = '' -%}
            {%- set turns = messages -%}
            {%- if messages and messages[0]['role'] == 'system' -%}
                {%- set system = '<<SYS>>\n' + messages[0]['content'] + '\n<</SYS>>\n\n' -%}
                {%- set turns = messages[1:] -%}
            {%- endif -%}
            {%- for message in turns -%}
                {%- if message['role'] != ('user' if loop.index0 is even else 'assistant') -%}
                    {{- raise_exception('Turns must alternate, the user first: turn ' ~ loop.index ~ ' is by ' ~ message['role']) -}}
                {%- elif message['role'] == 'user' -%}
                    {{- bos_token + '[INST] ' + ((system if loop.first else '') + message['content']) | trim + ' [/INST]' -}}
                {%- else -%}
                    {{- ' ' + message['content'] | trim + ' ' + eos_token -}}
                {%- endif -%}
            {%- endfor -%}
            """,
        ["llama3"] = """
            {{- bos_token -}}
            {%- for message in messages -%}
                {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n' + message['content'] | trim + '<|eot_id|>' -}}
            {%- endfor -%}
            {%- if add_generation_prompt -%}
                {{- '<|start_header_id|>assistant<|end_header_id|>\n\n' -}}
            {%- endif -%}
            """,
        ["mistral"] = """
            {{- bos_token -}}
            {%- set system = '' -%}
            {%- set turns = messages -%}
            {%- if messages and messages[0]['role'] == 'system' -%}
                {%- set system = messages[0]['content'] + '\n\n' -%}
                {%- set turns = messages[1:] -%}
            {%- endif -%}
            {%- for message in turns -%}
                {%- if message['role'] != ('user' if loop.index0 is even else 'assistant') -%}
                    {{- raise_exception('Turns must alternate, the user first: turn ' ~ loop.index ~ ' is by ' ~ message['role']) -}}
                {%- elif message['role'] == 'user' -%}
                    {{- ' [INST] ' + (system if loop.first else '') + message['content'] + ' [/INST]' -}}
                {%- else -%}
                    {{- ' ' + message['content'] + eos_token -}}
                {%- endif -%}
            {%- endfor -%}
            """,
        ["gemma"] = """
            {{- bos_token -}}
            {%- set system = '' -%}
            {%- set turns = messages -%}
            {%- if messages and messages[0]['role'] == 'system' -%}
                {%- set system = messages[0]['content'] + '\n\n' -%}
                {%- set turns = messages[1:] -%}
            {%- endif -%}
            {%- for message in turns -%}
                {%- if message['role'] != ('user' if loop.index0 is even else 'assistant') -%}
                    {{- raise_exception('Turns must alternate, the user first: turn ' ~ loop.index ~ ' is by ' ~ message['role']) -}}
                {%- endif -%}
                {{- '<start_of_turn>' + ('model' if message['role'] == 'assistant' else 'user') + '\n' + (system if loop.first else '') + message['content'] | trim + '<end_of_turn>\n' -}}
            {%- endfor -%}
            {%- if add_generation_prompt -%}
                {{- '<start_of_turn>model\n' -}}
            {%- endif -%}
            """,
        ["zephyr"] = """
            {%- for message in messages -%}
                {{- '<|' + message['role'] + '|>\n' + message['content'] + eos_token + '\n' -}}
            {%- endfor -%}
            {%- if add_generation_prompt -%}
                {{- '<|assistant|>\n' -}}
            {%- endif -%}
            """,
    };
}
